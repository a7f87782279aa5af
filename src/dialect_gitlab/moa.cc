#include "dialect_gitlab/moa.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

#include "base/variable_name.h"
#include "dialect_gitlab/job.h"
#include "dialect_gitlab/moa_value.h"

namespace penstock::gitlab {
namespace {

constexpr int kMaxNesting = 60;
constexpr size_t kMaxText = 64 * 1024;
constexpr size_t kMaxCopied = 1'000'000;

struct Operator {
  std::string_view text;
  int level;
};
/// Longer ones before those that they begin with.
constexpr std::array<Operator, 13> kOperators = {{{"||", 1},
                                                  {"&&", 2},
                                                  {"==", 3},
                                                  {"!=", 3},
                                                  {"<=", 3},
                                                  {">=", 3},
                                                  {"<", 3},
                                                  {">", 3},
                                                  {"+", 4},
                                                  {"-", 4},
                                                  {"*", 5},
                                                  {"/", 5},
                                                  {"%", 5}}};

/// Reads and evaluates at once. What a short-circuit leaves out is read, and its mistakes of value are not told.
class Evaluator {
 public:
  Evaluator(std::string_view text, const MoaValue& context) : text_(text), context_(context) {}

  MoaText run() {
    std::string output = template_text('\0');
    return {std::move(output), std::move(problem_)};
  }

 private:
  /// Text with `${{ … }}` in it, up to `quote`, or to the end.
  std::string template_text(char quote) {
    std::string output;
    while (problem_.empty() && at_ < text_.size() && (quote == '\0' || text_[at_] != quote)) {
      const std::string_view rest = text_.substr(at_);
      if (rest.starts_with("\\${{")) {
        output += "${{";
        at_ += 4;
      } else if (rest.starts_with("${{")) {
        at_ += 3;
        const MoaValue value = expression(1);
        if (problem_.empty()) output += value.to_text();
        blanks();
        if (problem_.empty() && !take("}}")) fail("a `}}` is missing");
      } else if (quote != '\0' && rest.front() == '\\') {
        escape(output);
      } else {
        output += rest.front();
        ++at_;
      }
      if (output.size() > kMaxText) fail("the text grows too large");
    }
    return output;
  }

  void escape(std::string& output) {
    constexpr std::string_view kLetters = "\\\"/nrtabfv'";
    constexpr std::string_view kMeant = "\\\"/\n\r\t\a\b\f\v'";
    const size_t known = at_ + 1 < text_.size() ? kLetters.find(text_[at_ + 1]) : std::string_view::npos;
    if (known == std::string_view::npos) return fail("this escape is none of Moa's");
    output += kMeant[known];
    at_ += 2;
  }

  void blanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }

  bool take(std::string_view token) {
    blanks();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  void fail(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }
  MoaValue no(std::string problem) {
    if (left_out_ == 0) fail(std::move(problem));
    return {};
  }

  const Operator* next_operator(int least) {
    blanks();
    for (const Operator& candidate : kOperators) {
      if (!text_.substr(at_).starts_with(candidate.text)) continue;
      return candidate.level < least ? nullptr : &candidate;
    }
    return nullptr;
  }

  MoaValue expression(int least) {
    if (++nesting_ > kMaxNesting) {
      fail("the expression is nested too deep");
      return {};
    }
    MoaValue left = unary();
    for (const Operator* found = next_operator(least); found != nullptr && problem_.empty();
         found = next_operator(least)) {
      at_ += found->text.size();
      const bool settled = (found->text == "||" && left.holds()) || (found->text == "&&" && !left.holds());
      left_out_ += settled ? 1 : 0;
      MoaValue right = expression(found->level + 1);
      left_out_ -= settled ? 1 : 0;
      if (found->level <= 2) {
        if (!settled) left = std::move(right);
      } else {
        left = found->level == 3 ? compare(found->text, left, right) : calculate(found->text.front(), left, right);
      }
    }
    --nesting_;
    return left;
  }

  MoaValue compare(std::string_view op, const MoaValue& left, const MoaValue& right) {
    if (op == "==" || op == "!=") return MoaValue::of(left.equals(right) == (op == "=="));
    using Kind = MoaValue::Kind;
    const bool ordered = left.kind == Kind::number || left.kind == Kind::string || left.kind == Kind::boolean;
    if (left.kind != right.kind || !ordered) return no("`" + std::string(op) + "` wants two values of the same type");
    int order = left.text.compare(right.text);
    if (left.kind == Kind::number) order = left.number < right.number ? -1 : left.number > right.number ? 1 : 0;
    if (left.kind == Kind::boolean) order = static_cast<int>(left.truth) - static_cast<int>(right.truth);
    return MoaValue::of(op == "<" ? order < 0 : op == "<=" ? order <= 0 : op == ">" ? order > 0 : order >= 0);
  }

  MoaValue calculate(char op, const MoaValue& left, const MoaValue& right) {
    using Kind = MoaValue::Kind;
    if (op == '+' && left.kind == Kind::string && right.kind == Kind::string)
      return MoaValue::of(left.text + right.text);
    if (left.kind != Kind::number || right.kind != Kind::number)
      return no(std::string("`") + op + "` wants two numbers" + (op == '+' ? " or two strings" : ""));
    if ((op == '/' || op == '%') && right.number == 0) return no("a division by zero");
    return MoaValue::of(op == '+'   ? left.number + right.number
                        : op == '-' ? left.number - right.number
                        : op == '*' ? left.number * right.number
                        : op == '/' ? left.number / right.number
                                    : std::fmod(left.number, right.number));
  }

  MoaValue unary() {
    blanks();
    std::string signs;
    for (; at_ < text_.size() && std::string_view("+-!").find(text_[at_]) != std::string_view::npos; blanks())
      signs += text_[at_++];
    MoaValue value = property(primary());
    for (auto sign = signs.rbegin(); sign != signs.rend(); ++sign) {
      if (*sign == '!') {
        value = MoaValue::of(!value.holds());
      } else if (value.kind != MoaValue::Kind::number) {
        return no(std::string("`") + *sign + "` wants a number");
      } else if (*sign == '-') {
        value.number = -value.number;
      }
    }
    return value;
  }

  MoaValue property(MoaValue value) {
    while (problem_.empty()) {
      const bool dot = take(".");
      if (!dot && !take("[")) break;
      MoaValue key = dot ? MoaValue::of(name()) : expression(1);
      if (!dot && !take("]")) fail("a `]` is missing");
      if (key.kind == MoaValue::Kind::number && value.kind == MoaValue::Kind::array) {
        const bool there = key.number >= 0 && key.number < static_cast<double>(value.items.size());
        value = there ? MoaValue(value.items[static_cast<size_t>(key.number)]) : no("the list has no such item");
        continue;
      }
      const MoaValue* member = value.find(key.text);
      value = member != nullptr ? MoaValue(*member) : no("there is no `" + key.to_text() + "` here");
    }
    return value;
  }

  std::string name() {
    blanks();
    const size_t begin = at_;
    at_ += variable_name_length(text_.substr(at_));
    if (at_ == begin) fail("a name must stand here");
    return std::string(text_.substr(begin, at_ - begin));
  }

  MoaValue primary() {
    blanks();
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    if (std::isdigit(static_cast<unsigned char>(c))) return number();
    if (c == '"' || c == '\'') return string(c);
    if (take("(")) {
      MoaValue inner = expression(1);
      if (!take(")")) fail("a `)` is missing");
      return inner;
    }
    if (take("[")) return array();
    if (take("{")) return object();
    if (!starts_variable_name(c)) return fail("a value must stand here"), MoaValue();
    const std::string word = name();
    if (word == "null") return {};
    if (word == "true" || word == "false") return MoaValue::of(word == "true");
    if (take("(")) return call(word);
    const MoaValue* known = context_.find(word);
    if (known == nullptr) return no("`" + word + "` isn't known here: only `job.inputs` is");
    return of_context(known);
  }

  /// What is reached by dots is copied once, at the end.
  MoaValue of_context(const MoaValue* value) {
    while (problem_.empty() && take(".")) {
      const std::string member = name();
      value = value->find(member);
      if (value == nullptr) return no("there is no `" + member + "` here");
    }
    copied_ += value->weight();
    if (copied_ > kMaxCopied) return fail("the expression grows too large"), MoaValue();
    return *value;
  }

  MoaValue number() {
    double value = 0;
    const auto [end, problem] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (problem != std::errc()) fail("this number can't be read");
    at_ = static_cast<size_t>(end - text_.data());
    return MoaValue::of(value);
  }

  MoaValue string(char quote) {
    ++at_;
    std::string text;
    if (quote == '"') text = template_text(quote);
    while (quote == '\'' && problem_.empty() && at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      text += text_[at_++];
    }
    if (at_ >= text_.size()) return fail("this string has no closing quote"), MoaValue();
    ++at_;
    return MoaValue::of(std::move(text));
  }

  MoaValue array() {
    MoaValue value;
    value.kind = MoaValue::Kind::array;
    while (problem_.empty() && !take("]")) {
      value.items.push_back(expression(1));
      if (!take(",") && !text_.substr(at_).starts_with(']')) fail("a `]` is missing");
    }
    return value;
  }

  MoaValue object() {
    MoaValue value;
    value.kind = MoaValue::Kind::object;
    while (problem_.empty() && !take("}")) {
      blanks();
      const bool bare = at_ < text_.size() && starts_variable_name(text_[at_]);
      const MoaValue key = bare ? MoaValue::of(name()) : primary();
      if (!take(":")) fail("a `:` is missing");
      value.members.push_back({key.text, expression(1)});
      if (!take(",") && !text_.substr(at_).starts_with('}')) fail("a `}` is missing");
    }
    return value;
  }

  MoaValue call(const std::string& function) {
    const MoaValue argument = expression(1);
    if (!take(")")) fail("a `)` is missing");
    if (function == "str") return MoaValue::of(argument.to_text());
    if (function == "bool") return MoaValue::of(argument.holds());
    if (function != "num") return no("there is no function `" + function + "`");
    double value = argument.number;
    const char* const last = argument.text.data() + argument.text.size();
    if (argument.kind == MoaValue::Kind::number) return argument;
    const auto [end, problem] = std::from_chars(argument.text.data(), last, value);
    return problem == std::errc() && end == last ? MoaValue::of(value)
                                                 : no("`num` can't read `" + argument.to_text() + "`");
  }

  std::string_view text_;
  const MoaValue& context_;
  size_t at_ = 0;
  int nesting_ = 0;
  int left_out_ = 0;
  size_t copied_ = 0;
  std::string problem_;
};

/// What expressions may name: `job.inputs`, as the defaults say.
MoaValue context_of(const yaml::Node& inputs) {
  MoaValue values;
  values.kind = MoaValue::Kind::object;
  for (const yaml::Entry& entry : inputs.entries()) {
    const yaml::Node* fallback = entry.value->find("default");
    values.members.push_back({entry.key->to_text(), fallback == nullptr ? MoaValue() : MoaValue::of(*fallback)});
  }
  MoaValue job;
  job.members.push_back({"inputs", values});
  MoaValue context;
  context.members.push_back({"inputs", std::move(values)});  // as they were called at first
  context.members.push_back({"job", std::move(job)});
  return context;
}

class Placing {
 public:
  Placing(Report& report, const Draft& draft, const yaml::Node& inputs)
      : report_(report), draft_(draft), context_(context_of(inputs)) {}

  void place(std::string& text) {
    if (text.find("${{") == std::string::npos) return;
    MoaText result = Evaluator(text, context_).run();
    if (result.problem.empty()) {
      text = std::move(result.text);
    } else {
      report_
          .error("invalid-expression", draft_.key->span(),
                 "job `" + std::string(draft_.name) + "` has an expression that fails: " + result.problem)
          .help = "it stands in `" + text.substr(0, text.find('\n')) + "`";
    }
  }
  void place(std::vector<std::string>& texts) {
    for (std::string& text : texts) place(text);
  }
  void place(Image& image) {
    place(image.name);
    place(image.entrypoint);
    place(image.platform);
    place(image.user);
  }

 private:
  Report& report_;
  const Draft& draft_;
  const MoaValue context_;
};

}  // namespace

MoaText evaluate_moa(std::string_view text, const yaml::Node& inputs) {
  return Evaluator(text, context_of(inputs)).run();
}

void place_job_inputs(Report& report, Draft& draft) {
  const yaml::Node* inputs = draft.node->find("inputs");
  if (inputs == nullptr || !inputs->is_mapping()) return;
  Placing placing(report, draft, *inputs);
  placing.place(draft.script);
  placing.place(draft.before_script);
  for (Step& step : draft.job.after_steps) {
    if (auto* script = std::get_if<ScriptStep>(&step)) placing.place(script->lines);
  }
  for (Cache& cache : draft.job.caches) {
    placing.place(cache.key);
    placing.place(cache.key_prefix);
    placing.place(cache.paths);
    placing.place(cache.fallback_keys);
  }
  placing.place(draft.job.artifacts.name);
  placing.place(draft.job.artifacts.paths);
  placing.place(draft.job.artifacts.exclude);
  if (draft.job.image) placing.place(*draft.job.image);
  for (Service& service : draft.job.services) placing.place(service.image);
}

}  // namespace penstock::gitlab
