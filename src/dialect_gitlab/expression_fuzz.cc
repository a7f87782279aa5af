#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "dialect_gitlab/expression.h"

/// Any text is either refused with a place inside it, or evaluates to the same twice.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penstock;
  using namespace penstock::gitlab;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto parsed = Expression::parse(text);
  if (auto* error = std::get_if<ExpressionError>(&parsed)) {
    if (error->offset > size || error->message.empty()) std::abort();
    return 0;
  }
  const Variables variables = {{"A", "main"}, {"B", ""}, {"P", "/^m.*/i"}, {"S", "", false, false, true}};
  Scope scope;
  scope.below(variables);
  const Expression& expression = std::get<Expression>(parsed);
  if (expression.evaluate(scope).truth != expression.evaluate(scope).truth) std::abort();
  return 0;
}
