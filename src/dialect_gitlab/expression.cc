#include "dialect_gitlab/expression.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory_resource>

#include "dialect_gitlab/expression_tree.h"

namespace penstock::gitlab {
namespace {

using Tree = Expression::Tree;
constexpr size_t kShownValue = 80;  // Bytes of a value that `ci why` shows.

/// What a part of an expression is worth. A secret is known to be set, and nothing else.
struct Value {
  enum class Kind { null, text, pattern, secret };
  Kind kind = Kind::null;
  std::string_view text;
  const re2::RE2* pattern = nullptr;

  static Value of(bool truth) { return truth ? Value{Kind::text, "true"} : Value{}; }
  [[nodiscard]] bool holds() const {
    return kind == Kind::secret || kind == Kind::pattern || (kind == Kind::text && !text.empty());
  }
};

/// `/…/`, with flags behind it.
bool is_enclosed(std::string_view text) {
  const size_t last = text.rfind('/');
  return text.size() > 2 && text.front() == '/' && last > 1 &&
         text.find_first_not_of("ismU", last + 1) == std::string_view::npos;
}

std::string shown(std::string_view value) {
  if (value.size() <= kShownValue) return "\"" + std::string(value) + "\"";
  size_t end = kShownValue;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) --end;
  return "\"" + std::string(value.substr(0, end)) + "…\"";
}

class Evaluator {
 public:
  Evaluator(const Tree& tree, const Scope& scope) : tree_(tree), scope_(scope) {}

  Evaluation run() {
    result_.truth = value_of(static_cast<int>(tree_.nodes.size()) - 1).holds();
    if (!result_.problem.empty()) result_.truth = false;
    return std::move(result_);
  }

 private:
  Value value_of(int index) {
    const Tree::Node& node = tree_.nodes[static_cast<size_t>(index)];
    switch (node.kind) {
      case Tree::Kind::variable:
        return variable(node.text);
      case Tree::Kind::text:
        return {Value::Kind::text, node.text};
      case Tree::Kind::pattern:
        return {Value::Kind::pattern, node.text, node.pattern.get()};
      case Tree::Kind::null:
        return {};
      case Tree::Kind::equals:
        return Value::of(equal(value_of(node.left), value_of(node.right), node));
      case Tree::Kind::differs:
        return Value::of(!equal(value_of(node.left), value_of(node.right), node));
      case Tree::Kind::matches:
        return Value::of(match(value_of(node.left), value_of(node.right), node));
      case Tree::Kind::matches_not:
        return Value::of(!match(value_of(node.left), value_of(node.right), node));
      case Tree::Kind::both:
      case Tree::Kind::either:
        return Value::of(chain(index, node.kind));
    }
    return {};
  }

  /// `a || b || c` leans to the left as deep as it is long: walked as a list, not by recursion.
  bool chain(int index, Tree::Kind kind) {
    std::vector<int> rights;
    for (; tree_.nodes[static_cast<size_t>(index)].kind == kind; index = tree_.nodes[static_cast<size_t>(index)].left) {
      rights.push_back(tree_.nodes[static_cast<size_t>(index)].right);
    }
    bool truth = value_of(index).holds();
    for (auto right = rights.rbegin(); right != rights.rend() && truth == (kind == Tree::Kind::both); ++right) {
      truth = value_of(*right).holds();
    }
    return truth;
  }

  Value variable(const std::string& name) {
    const Variable* variable = scope_.find(name);
    if (std::find(seen_.begin(), seen_.end(), name) == seen_.end()) {
      seen_.push_back(name);
      if (!result_.detail.empty()) result_.detail += ", ";
      result_.detail += name;
      result_.detail += variable == nullptr ? " is not set"
                        : variable->secret  ? " is set (masked)"
                                            : " is " + shown(variable->value);
    }
    if (variable == nullptr) return {};
    if (variable->secret) return {Value::Kind::secret, name};
    return {Value::Kind::text, variable->value};
  }

  void undecidable(const Value& secret) {
    result_.problem =
        "`" + std::string(secret.text) + "` is a secret: a condition may ask whether it is set, not what it is";
  }

  bool equal(const Value& left, const Value& right, const Tree::Node&) {
    bool secret = left.kind == Value::Kind::secret || right.kind == Value::Kind::secret;
    if (!secret) return left.kind == right.kind && left.text == right.text;
    const Value& other = left.kind == Value::Kind::secret ? right : left;
    if (other.holds()) undecidable(left.kind == Value::Kind::secret ? left : right);
    return false;
  }

  bool match(const Value& left, const Value& right, const Tree::Node& node) {
    if (right.kind == Value::Kind::null) return false;
    if (left.kind == Value::Kind::secret || right.kind == Value::Kind::secret) {
      undecidable(left.kind == Value::Kind::secret ? left : right);
      return false;
    }
    if (right.pattern != nullptr) return match(left.text, *right.pattern);
    // A regular expression out of a variable. GitLab takes a text that isn't one as the place to look for the left side
    // in.
    if (!is_enclosed(right.text)) return right.text.find(left.text) != std::string_view::npos;
    std::shared_ptr<re2::RE2> compiled = compile_pattern(right.text);
    if (compiled != nullptr) return match(left.text, *compiled);
    const Tree::Node& source = tree_.nodes[static_cast<size_t>(node.right)];
    result_.problem = "`" + source.text + "` holds no regular expression that RE2 can read";
    return false;
  }

  bool match(std::string_view text, const re2::RE2& pattern) {
    const std::optional<bool> found = matches(text, pattern);
    if (!found)
      result_.problem = "the regular expression is too large for a text of " + std::to_string(text.size()) + " bytes";
    return found.value_or(false);
  }

  const Tree& tree_;
  const Scope& scope_;
  Evaluation result_;
  std::array<std::byte, 256> room_;  // mostly enough: an evaluation then takes no memory for it
  std::pmr::monotonic_buffer_resource memory_{room_.data(), room_.size()};
  std::pmr::vector<std::string_view> seen_{&memory_};
};

}  // namespace

std::optional<bool> matches(std::string_view text, const re2::RE2& pattern) {
  constexpr size_t kMostSteps = 4'000'000;
  if (text.size() > kMostSteps / static_cast<size_t>(std::max(pattern.ProgramSize(), 1))) return std::nullopt;
  // Newer RE2 has a string view of its own.
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

Evaluation Expression::evaluate(const Scope& scope) const { return Evaluator(*tree_, scope).run(); }

}  // namespace penstock::gitlab
