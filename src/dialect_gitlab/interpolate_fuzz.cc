#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "dialect_gitlab/inputs.h"
#include "dialect_gitlab/read.h"
#include "dialect_gitlab/report.h"

/// A file with a header of inputs, as one that is included: whatever it declares and asks for, what comes about is
/// bounded, the same twice, and what nothing was put into is what it was.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penstock;
  using namespace penstock::gitlab;
  const auto file = std::make_shared<const SourceFile>(
      SourceFile{"fuzz.yml", std::string(reinterpret_cast<const char*>(data), size)});
  Report report;
  yaml::Arena arena;
  const yaml::Parsed parsed = yaml::parse(file, arena);
  if (has_errors(parsed.diagnostics) || parsed.documents.size() < 2) return 0;
  const yaml::Node* spec = parsed.documents[0]->find("spec");
  const yaml::Node* declared = spec == nullptr ? nullptr : spec->find("inputs");
  if (declared == nullptr) return 0;
  InputDeclarations declarations(report, arena);
  declarations.declare(*declared);
  // The values: those that the content asks itself for under `given`, and one from a command line.
  GivenInputs given;
  const yaml::Node& content = *parsed.documents[1];
  if (const yaml::Node* values = content.find("given"); values != nullptr && values->is_mapping()) {
    for (const yaml::Entry& one : values->entries()) {
      if (one.key->is_scalar()) given.push_back({one.key->to_text(), one.value, {}, one.key->span()});
    }
  }
  given.push_back({"a", nullptr, file->text.substr(0, 40), {}});
  const Inputs inputs = declarations.settle(given, {});
  const Variables variables = {{"A", "main"}, {"B", "$A and $B"}, {"S", "hidden", false, false, true}};
  Scope scope;
  scope.below(variables);
  const yaml::Node* once = interpolate(report, arena, inputs, scope, content);
  const yaml::Node* again = interpolate(report, arena, inputs, scope, content);
  if (once == nullptr || again == nullptr) std::abort();
  if (file->text.find("$[[") == std::string::npos && file->text.find('\\') == std::string::npos && once != &content) {
    std::abort();
  }
  if (once->weight() < 100'000 && to_json(*once) != to_json(*again)) std::abort();
  const Diagnostics told = report.take();
  if (render(told, {}).empty() != told.empty()) std::abort();
  return 0;
}
