#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "yaml/yaml.h"

namespace {

using penstock::yaml::Entry;
using penstock::yaml::Node;

/// Visits everything once or as often as it is used, up to a bound; what it finds must hold together.
void walk(const Node& node, const penstock::SourceFile& file, size_t& budget) {
  if (budget == 0) return;
  --budget;
  const penstock::SourceSpan span = node.span();
  if (span.line == 0 || span.column == 0 || span.end_line < span.line || span.file->name != file.name) __builtin_trap();
  if (span.end_line == span.line && span.end_column < span.column) __builtin_trap();
  const std::string text = node.to_text();
  const penstock::SourceSpan within = node.span_within(node.text().size() / 2, 1);
  if (within.line < span.line) __builtin_trap();
  for (const Node* item : node.items()) {
    if (item->height() >= node.height() || item->weight() > node.weight()) __builtin_trap();
    walk(*item, file, budget);
  }
  for (const Entry& entry : node.entries()) {
    if (entry.key->is_scalar() && node.find_entry(entry.key->text()) != &entry) __builtin_trap();
    walk(*entry.key, file, budget);
    walk(*entry.value, file, budget);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = std::make_shared<const penstock::SourceFile>(
      penstock::SourceFile{"fuzz.yml", std::string(reinterpret_cast<const char*>(data), size)});
  penstock::yaml::Arena arena;
  penstock::yaml::ParseOptions options;
  options.limits.nodes = 10'000;
  const penstock::yaml::Parsed parsed = penstock::yaml::parse(file, arena, options);
  size_t budget = 2'000;
  for (const Node* document : parsed.documents) walk(*document, *file, budget);
  if (penstock::render(parsed.diagnostics, {}).empty() != parsed.diagnostics.empty()) __builtin_trap();
  return 0;
}
