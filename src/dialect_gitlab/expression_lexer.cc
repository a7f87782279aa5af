#include <array>
#include <cctype>

#include "dialect_gitlab/expression_tree.h"

namespace penstock::gitlab {
namespace {

using Kind = Token::Kind;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

size_t word_length(std::string_view text) {
  size_t length = 0;
  while (length < text.size() && is_word(text[length])) ++length;
  return length;
}

/// The length of `/…/flags`, 0 where the closing slash is missing.
size_t pattern_length(std::string_view text) {
  size_t at = 1;
  while (at < text.size() && text[at] != '/') at += text[at] == '\\' ? 2 : 1;
  if (at >= text.size()) return 0;
  for (++at; at < text.size() && std::string_view("ismU").find(text[at]) != std::string_view::npos;) ++at;
  return at;
}

struct Operator {
  std::string_view text;
  Kind kind;
};
constexpr std::array<Operator, 8> kOperators = {{{"(", Kind::open},
                                                 {")", Kind::close},
                                                 {"==", Kind::equals},
                                                 {"!=", Kind::differs},
                                                 {"=~", Kind::matches},
                                                 {"!~", Kind::matches_not},
                                                 {"&&", Kind::both},
                                                 {"||", Kind::either}}};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::variant<std::vector<Token>, ExpressionError> run() {
    while (!failed_) {
      while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
      if (at_ == text_.size()) break;
      next();
    }
    if (failed_) return std::move(error_);
    push(Kind::end, 0, {});
    return std::move(tokens_);
  }

 private:
  void push(Kind kind, size_t length, std::string_view content) {
    tokens_.push_back({kind, at_, length, content});
    at_ += length;
  }

  void fail(size_t length, std::string message, std::string help) {
    failed_ = true;
    error_ = {at_, length, std::move(message), std::move(help)};
  }

  void next() {
    std::string_view rest = text_.substr(at_);
    for (const Operator& candidate : kOperators) {
      if (rest.starts_with(candidate.text)) return push(candidate.kind, candidate.text.size(), candidate.text);
    }
    switch (rest.front()) {
      case '$':
        return variable(rest);
      case '"':
      case '\'':
        return string(rest);
      case '/':
        return pattern(rest);
      default:
        return word(rest);
    }
  }

  void variable(std::string_view rest) {
    size_t length = word_length(rest.substr(1));
    if (length > 0) return push(Kind::variable, length + 1, rest.substr(1, length));
    if (rest.starts_with("${")) {
      size_t name = word_length(rest.substr(2));
      std::string plain = "$" + std::string(rest.substr(2, name));
      return fail(rest.find('}') == std::string_view::npos ? 2 : rest.find('}') + 1, "a condition has no `${…}`",
                  "write `" + plain + "`");
    }
    fail(1, "a variable's name must follow `$`", "");
  }

  void string(std::string_view rest) {
    size_t end = rest.find(rest.front(), 1);
    if (end == std::string_view::npos) return fail(rest.size(), "this string has no closing quote", "");
    push(Kind::text, end + 1, rest.substr(1, end - 1));
  }

  void pattern(std::string_view rest) {
    size_t length = pattern_length(rest);
    if (length == 0) return fail(rest.size(), "this regular expression has no closing `/`", "");
    std::string_view whole = rest.substr(0, length);
    if (whole.rfind('/') < 3) {
      return fail(length, "GitLab takes no regular expression of fewer than two characters", "write `/[x]/` for `/x/`");
    }
    push(Kind::pattern, length, whole);
  }

  void word(std::string_view rest) {
    size_t length = word_length(rest);
    std::string_view found = rest.substr(0, length);
    if (found == "null") return push(Kind::null, length, found);
    if (length > 0) {
      std::string name(found);
      return fail(length, "`" + name + "` is neither a variable nor a string",
                  "write `$" + name + "` or `\"" + name + "\"`");
    }
    if (rest.front() == '=') return fail(1, "`=` is no operator", "write `==` or `=~`");
    if (rest.front() == '&' || rest.front() == '|') {
      return fail(1, "`" + std::string(1, rest.front()) + "` is no operator",
                  "write `" + std::string(2, rest.front()) + "`");
    }
    if (rest.front() == '!')
      return fail(1, "`!` is no operator by itself", "write `$NAME == null`, or `$NAME != \"value\"`");
    fail(1, "this can't stand in a condition", "");
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<Token> tokens_;
  bool failed_ = false;
  ExpressionError error_;
};

}  // namespace

std::variant<std::vector<Token>, ExpressionError> tokenize(std::string_view text) { return Lexer(text).run(); }

}  // namespace penstock::gitlab
