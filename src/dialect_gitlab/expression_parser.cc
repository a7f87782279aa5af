#include <re2/re2.h>

#include <algorithm>

#include "dialect_gitlab/expression_tree.h"

namespace penstock::gitlab {
namespace {

using Tree = Expression::Tree;
constexpr size_t kMaxLength = 16 * 1024;
constexpr int kMaxNesting = 100;
constexpr int64_t kPatternMemory = 1 << 20;

std::optional<Tree::Kind> comparison(Token::Kind kind) {
  switch (kind) {
    case Token::Kind::equals:
      return Tree::Kind::equals;
    case Token::Kind::differs:
      return Tree::Kind::differs;
    case Token::Kind::matches:
      return Tree::Kind::matches;
    case Token::Kind::matches_not:
      return Tree::Kind::matches_not;
    default:
      return std::nullopt;
  }
}

class Parser {
 public:
  Parser(std::vector<Token> tokens, Tree& tree) : tokens_(std::move(tokens)), tree_(tree) {
    tree_.nodes.reserve(tokens_.size());
  }

  std::optional<ExpressionError> run() {
    either();
    if (!error_ && peek().kind != Token::Kind::end) {
      fail(peek().kind == Token::Kind::close ? "this `)` closes nothing"
                                             : "an operator (`&&`, `||`, `==`, …) must stand before this");
    }
    return std::move(error_);
  }

 private:
  [[nodiscard]] const Token& peek() const { return tokens_[at_]; }

  int add(Tree::Node node) {
    tree_.nodes.push_back(std::move(node));
    return static_cast<int>(tree_.nodes.size()) - 1;
  }

  int join(Tree::Kind kind, int left, int right) { return add({kind, {}, nullptr, left, right}); }

  int fail(std::string message) {
    if (!error_) error_ = ExpressionError{peek().offset, std::max<size_t>(peek().length, 1), std::move(message), {}};
    return -1;
  }

  int either() {
    int left = both();
    while (!error_ && peek().kind == Token::Kind::either) {
      ++at_;
      left = join(Tree::Kind::either, left, both());
    }
    return left;
  }

  int both() {
    int left = compare();
    while (!error_ && peek().kind == Token::Kind::both) {
      ++at_;
      left = join(Tree::Kind::both, left, compare());
    }
    return left;
  }

  int compare() {
    int left = value();
    int compared = 0;
    while (!error_ && comparison(peek().kind)) {
      if (++compared > kMaxNesting) return fail("too many comparisons in a row");
      Tree::Kind kind = *comparison(peek().kind);
      ++at_;
      left = join(kind, left, value());
    }
    return left;
  }

  int value() {
    const Token& token = peek();
    switch (token.kind) {
      case Token::Kind::variable:
        ++at_;
        return add({Tree::Kind::variable, std::string(token.text), nullptr});
      case Token::Kind::text:
        ++at_;
        return add({Tree::Kind::text, std::string(token.text), nullptr});
      case Token::Kind::null:
        ++at_;
        return add({Tree::Kind::null, {}, nullptr});
      case Token::Kind::pattern:
        return pattern();
      case Token::Kind::open:
        return group();
      case Token::Kind::end:
        return fail("the condition ends where a value must follow");
      default:
        return fail("a value (`$NAME`, a string, a regular expression, `null`) must stand here");
    }
  }

  int pattern() {
    std::shared_ptr<re2::RE2> compiled = compile_pattern(peek().text);
    if (compiled == nullptr) return fail("RE2 can't read this regular expression");
    ++at_;
    return add({Tree::Kind::pattern, std::string(tokens_[at_ - 1].text), std::move(compiled)});
  }

  int group() {
    if (++nesting_ > kMaxNesting) return fail("parentheses are nested too deep");
    ++at_;
    int inner = either();
    --nesting_;
    if (!error_ && peek().kind != Token::Kind::close) return fail("a `)` is missing");
    ++at_;
    return inner;
  }

  std::vector<Token> tokens_;
  Tree& tree_;
  size_t at_ = 0;
  int nesting_ = 0;
  std::optional<ExpressionError> error_;
};

/// Counts (`x{1,900}`) are copies: RE2 makes them all before it sees that they are too many.
bool counts_too_much(std::string_view pattern) {
  constexpr size_t kMost = 5000;
  size_t copies = 0;
  for (size_t at = pattern.find('{'); at != std::string_view::npos; at = pattern.find('{', at + 1)) {
    size_t count = 0;
    size_t largest = 0;
    for (const char c : pattern.substr(at + 1, pattern.find('}', at) - at - 1)) {
      if (c != ',' && (c < '0' || c > '9')) break;
      count = c == ',' ? 0 : std::min(count * 10 + static_cast<size_t>(c - '0'), kMost);
      largest = std::max(largest, count);
    }
    copies += largest;
  }
  return copies > kMost;
}

}  // namespace

std::shared_ptr<re2::RE2> compile_pattern(std::string_view text) {
  size_t last = text.rfind('/');
  if (text.size() < 3 || text.front() != '/' || last == 0) return nullptr;
  std::string_view flags = text.substr(last + 1);
  if (flags.find_first_not_of("ismU") != std::string_view::npos) return nullptr;
  std::string source = flags.empty() ? std::string() : "(?" + std::string(flags) + ")";
  std::string_view body = text.substr(1, last - 1);
  for (size_t i = 0; i < body.size(); ++i) {
    if (body[i] == '\\' && i + 1 < body.size() && body[i + 1] == '/') continue;  // `\/` is a plain slash.
    source += body[i];
    if (body[i] == '\\' && i + 1 < body.size()) source += body[++i];
  }
  if (counts_too_much(source)) return nullptr;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternMemory);
  auto compiled = std::make_shared<re2::RE2>(source, options);
  return compiled->ok() ? compiled : nullptr;
}

std::variant<Expression, ExpressionError> Expression::parse(std::string_view text) {
  if (text.size() > kMaxLength) return ExpressionError{0, 1, "this condition is longer than 16 KiB", {}};
  auto tokens = tokenize(text);
  if (auto* error = std::get_if<ExpressionError>(&tokens)) return std::move(*error);
  auto tree = std::make_unique<Tree>();
  if (auto error = Parser(std::move(std::get<0>(tokens)), *tree).run()) return std::move(*error);
  return Expression(std::move(tree));
}

Expression::Expression(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;
Expression::~Expression() = default;

}  // namespace penstock::gitlab
