#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "dialect_gitlab/moa.h"

/// The input is a text with expressions. It ends with a text of some size or a problem, never both.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penstock;
  yaml::Arena arena;
  auto file = std::make_shared<const SourceFile>(
      SourceFile{"inputs", "a: {default: x}\nb: {default: 3}\nc: {default: [1, {d: e}, null]}\n"});
  const yaml::Parsed parsed = yaml::parse(file, arena);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const gitlab::MoaText result = gitlab::evaluate_moa(text, *parsed.documents.front());
  if (result.problem.empty() && result.text.size() > size_t{64} * 1024) std::abort();
  return 0;
}
