#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "dialect_gitlab/scope.h"

/// The input: lines `NAME=value`, the first character of a name saying what kind it is, up to an empty line; then the
/// text. Whatever leads to whatever, expanding ends, stays within its limit, and lets no secret in.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penstock;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  Variables upper;
  Variables lower;
  while (!input.empty()) {
    const size_t end = input.find('\n');
    const std::string_view line = input.substr(0, end);
    input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
    if (line.empty()) break;
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    Variable variable;
    variable.name = line.substr(0, equals);
    variable.value = line.substr(equals + 1);
    variable.raw = variable.name.front() == 'R';
    variable.file = variable.name.front() == 'F';
    variable.secret = variable.name.front() == 'S';
    if (variable.secret) variable.value = "\x01hunter2";
    (equals % 2 == 0 ? upper : lower).push_back(std::move(variable));
  }
  const gitlab::VariableLayer layer(lower);
  gitlab::Scope scope;
  scope.below(upper).below(layer);
  for (const auto unknown : {gitlab::Unknown::empty, gitlab::Unknown::keep}) {
    const std::string expanded = gitlab::expand(input, scope, unknown);
    if (expanded.size() > size_t{64} * 1024 && expanded.size() > input.size()) std::abort();
    if (expanded.find("\x01hunter2") != std::string::npos && input.find("\x01hunter2") == std::string_view::npos &&
        std::string_view(reinterpret_cast<const char*>(data), size).find('\x01') == std::string_view::npos) {
      std::abort();
    }
  }
  return 0;
}
