#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dialect_gitlab/scope.h"

namespace penstock::gitlab {

/// What an expression came to, and the variables that decided it.
struct Evaluation {
  bool truth = false;
  std::string detail;   ///< `CI_COMMIT_BRANCH is "main", DEPLOY is not set`: those that were looked at, in order.
  std::string problem;  ///< Why it could not be decided (a secret compared with a value, a regular expression from a
                        ///< variable that is none).
};

/// Where and why a text is no expression; the offset counts bytes.
struct ExpressionError {
  size_t offset = 0;
  size_t length = 1;
  std::string message;
  std::string help;
};

/// The condition of `rules: if` and `only: variables`, parsed once and evaluated under any scope:
///
///     or      := and ("||" and)*
///     and     := compare ("&&" compare)*
///     compare := value (("==" | "!=" | "=~" | "!~") value)*
///     value   := "$NAME" | "string" | 'string' | /pattern/[ismU] | null | "(" or ")"
///
/// A value alone holds when it is set and not empty. Variables are not expanded in each other. A secret has no value
/// here: it may be tested (`$TOKEN`, `$TOKEN == null`), comparing it with anything else is a problem.
class Expression {
 public:
  static std::variant<Expression, ExpressionError> parse(std::string_view text);
  [[nodiscard]] Evaluation evaluate(const Scope& scope) const;

  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;
  ~Expression();

  struct Tree;

 private:
  explicit Expression(std::unique_ptr<Tree> tree);
  std::unique_ptr<Tree> tree_;
};

}  // namespace penstock::gitlab
