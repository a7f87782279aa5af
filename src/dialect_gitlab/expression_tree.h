#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dialect_gitlab/expression.h"

namespace re2 {
class RE2;
}

namespace penstock::gitlab {

/// A parsed expression as nodes that name each other by index; the last one is the root.
struct Expression::Tree {
  enum class Kind { variable, text, pattern, null, equals, differs, matches, matches_not, both, either };
  struct Node {
    Kind kind;
    std::string text;  // A variable's name, a string's content.
    std::shared_ptr<re2::RE2> pattern;
    int left = -1;
    int right = -1;
  };
  std::vector<Node> nodes;
};

/// Compiles `/pattern/flags`, slashes included, as GitLab reads it. Nothing where the text isn't of that form or RE2
/// refuses it.
std::shared_ptr<re2::RE2> compile_pattern(std::string_view text);

/// Whether the text holds what the pattern means. Nothing where looking would take too long: RE2's time is bounded by
/// the product of both their sizes, which is small for all that people write and not for what was made to hurt.
std::optional<bool> matches(std::string_view text, const re2::RE2& pattern);

struct Token {
  enum class Kind {
    open,
    close,
    variable,
    text,
    pattern,
    null,
    equals,
    differs,
    matches,
    matches_not,
    both,
    either,
    end
  };
  Kind kind = Kind::end;
  size_t offset = 0;
  size_t length = 0;
  std::string_view text;  // A variable's name, a string's content, a pattern with its slashes.
};

/// All tokens with an `end` behind them, or what is no token.
std::variant<std::vector<Token>, ExpressionError> tokenize(std::string_view text);

}  // namespace penstock::gitlab
