#include "dialect_gitlab/inputs.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "dialect_gitlab/expression_tree.h"
#include "dialect_gitlab/read.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;
using Declaration = InputDeclarations::Declaration;

constexpr std::array<Keyword, 6> kInput = {{{"default"}, {"description"}, {"options"}, {"regex"}, {"rules"}, {"type"}}};
constexpr std::array<Keyword, 3> kRule = {{{"if"}, {"options"}, {"default"}}};
constexpr std::array<std::string_view, 4> kTypes = {"array", "boolean", "number", "string"};
constexpr size_t kMaxOptions = 50;

bool fits(const std::string& type, const Node& value) {
  if (value.is_null()) return true;
  if (type == "array") return value.is_sequence();
  if (!value.is_scalar()) return false;
  const yaml::ScalarType kind = value.scalar_type();
  if (type == "boolean") return kind == yaml::ScalarType::boolean;
  if (type == "number") return kind == yaml::ScalarType::integer || kind == yaml::ScalarType::floating;
  return kind == yaml::ScalarType::string || kind == yaml::ScalarType::date || kind == yaml::ScalarType::time;
}

std::string named(const Declaration& declaration) { return "input `" + std::string(declaration.name) + "`"; }

std::string article(const std::string& type) { return (type == "array" ? "an " : "a ") + type; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// A rule's condition as an expression over variables: each block becomes `$input_N`, and the bare words `true` and
/// `false` texts, which is what a boolean input is then compared with.
std::string as_expression(std::string_view text, std::vector<std::string_view>& blocks) {
  std::string result;
  char quote = 0;
  for (size_t at = 0; at < text.size();) {
    const InterpolationBlock block = next_block(text, at);
    if (block.length > 0 && block.offset == at) {
      result += "$input_" + std::to_string(blocks.size());
      blocks.push_back(block.content);
      at += block.length;
      continue;
    }
    const char c = text[at];
    if (quote == 0 && is_letter(c)) {
      size_t end = at;
      while (end < text.size() && is_letter(text[end])) ++end;
      const std::string word(text.substr(at, end - at));
      result += word == "true" || word == "false" ? '"' + word + '"' : word;
      at = end;
      continue;
    }
    if (c == '"' || c == '\'') quote = quote == 0 ? c : quote == c ? '\0' : quote;
    result += c;
    ++at;
  }
  return result;
}

}  // namespace

const Node* Inputs::find(std::string_view name) const {
  for (const auto& [known, value] : values_) {
    if (known == name) return value;
  }
  return nullptr;
}

const Node* Inputs::find_component(std::string_view field) const {
  for (const auto& [known, value] : component_) {
    if (known == field) return value;
  }
  return nullptr;
}

std::vector<std::string_view> Inputs::names() const {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : values_) names.push_back(name);
  return names;
}

Declaration* InputDeclarations::find(std::string_view name) {
  for (Declaration& declaration : declarations_) {
    if (declaration.name == name) return &declaration;
  }
  return nullptr;
}

void InputDeclarations::declare(const Node& inputs) {
  if (inputs.is_null()) return;
  if (!inputs.is_mapping()) {
    wrong_type(report_, inputs, "`inputs`", "a mapping");
    return;
  }
  for (const yaml::Entry& entry : inputs.entries()) {
    if (const Declaration* other = find(entry.key->text()); other != nullptr) {
      report_.error("duplicate-input", entry.key->span(), named(*other) + " is declared twice").help =
          "the other stands in `" + other->key->span().file->name + "`";
      continue;
    }
    Declaration& declaration = declarations_.emplace_back();
    declaration.name = entry.key->text();
    declaration.key = entry.key;
    if (!entry.value->is_null()) declaration.node = entry.value;
    read(declaration);
  }
}

void InputDeclarations::read(Declaration& declaration) {
  const Node* node = declaration.node;
  if (node == nullptr) return;
  if (!check_keywords(report_, *node, kInput, named(declaration))) {
    declaration.node = nullptr;
    return;
  }
  if (const Node* type = node->find("type")) {
    declaration.type = read_word(report_, *type, "`type` of " + named(declaration), kTypes).value_or("string");
  }
  declaration.options = node->find("options");
  declaration.fallback = node->find("default");
  if (declaration.options != nullptr && !declaration.options->is_sequence()) {
    wrong_type(report_, *declaration.options, "`options`", "a list");
    declaration.options = nullptr;
  }
  if (declaration.options != nullptr && declaration.options->items().size() > kMaxOptions) {
    report_.error("too-many", declaration.options->span(), named(declaration) + " has more than 50 options");
  }
  check_options_fit(declaration, declaration.options);
  if (const Node* rules = node->find("rules")) {
    read_rules_shape(*rules);
    for (std::string_view other : {"default", "options"}) {
      const yaml::Entry* beside = node->find_entry(other);
      if (beside == nullptr) continue;
      report_.error("conflicting-keywords", beside->key->span(),
                    "`" + std::string(other) + "` can't stand beside `rules`, which have their own");
    }
  }
  const Node* regex = node->find("regex");
  if (regex == nullptr) return;
  if (declaration.type != "string") {
    report_.error("conflicting-keywords", regex->span(), "`regex` can only stand in an input that is a string");
  } else if (!regex->is_string() || !re2::RE2(std::string(regex->text()), re2::RE2::Quiet).ok()) {
    report_.error("invalid-pattern", regex->span(), "RE2 can't read this regular expression");
  }
}

/// They are of the input's type; a boolean has none. Items of a list may be anything.
void InputDeclarations::check_options_fit(const Declaration& declaration, const Node* options) {
  if (options == nullptr || declaration.type == "array") return;
  if (declaration.type == "boolean") {
    report_.error("conflicting-keywords", options->span(), named(declaration) + " is a boolean, which has no options");
    return;
  }
  for (const Node* option : options->items()) {
    if (fits(declaration.type, *option) && !option->is_null()) continue;
    report_.error("input-type", option->span(),
                  "an option of " + named(declaration) + " must be " + article(declaration.type) + ", not " +
                      std::string(option->kind_name()));
  }
}

void InputDeclarations::read_rules_shape(const Node& rules) {
  if (!rules.is_sequence()) {
    wrong_type(report_, rules, "`rules`", "a list");
    return;
  }
  for (const Node* rule : rules.items()) {
    if (!check_keywords(report_, *rule, kRule, "an input's rule")) continue;
    if (rule->find("if") == nullptr && rule->find("options") == nullptr) {
      report_.error("missing-value", rule->span(), "a rule without `if` must have `options`");
    } else if (rule->find("default") == nullptr) {
      report_.error("missing-value", rule->span(), "this rule has no `default`").help =
          "write `default: null` where whoever starts the pipeline must say the value";
    }
  }
}

Inputs InputDeclarations::settle(const GivenInputs& given, const SourceSpan& wanted_at) {
  for (const GivenInput& one : given) {
    if (find(one.name) != nullptr) continue;
    std::vector<std::string_view> names;
    for (const Declaration& declaration : declarations_) names.push_back(declaration.name);
    Diagnostic& told =
        report_.error("unknown-input", one.at.known() ? one.at : wanted_at, "the file has no input `" + one.name + "`");
    told.instead = nearest(one.name, names);
  }
  for (Declaration& declaration : declarations_) settle_one(declaration, given, wanted_at);
  Inputs inputs;
  for (const Declaration& declaration : declarations_) {
    // What could not be had is empty, so that its uses aren't told of as well.
    inputs.add(declaration.name,
               declaration.value != nullptr ? *declaration.value : *arena_.scalar("", yaml::Style::plain));
  }
  return inputs;
}

void InputDeclarations::settle_one(Declaration& declaration, const GivenInputs& given, const SourceSpan& wanted_at) {
  if (declaration.state == Declaration::State::settled) return;
  if (declaration.state == Declaration::State::settling) {
    report_.error("input-cycle", declaration.key->span(), "the rules of " + named(declaration) + " depend on itself");
    return;
  }
  declaration.state = Declaration::State::settling;
  const size_t before = report_.errors();
  apply_rules(declaration, given, wanted_at);
  declaration.state = Declaration::State::settled;
  if (report_.errors() > before) return;
  const Node* value = nullptr;
  SourceSpan at;
  for (const GivenInput& one : given) {
    if (one.name != declaration.name) continue;
    value = given_value(declaration, one);
    at = one.value != nullptr ? one.value->span() : declaration.key->span();
  }
  const Node* fallback = declaration.fallback;
  if (fallback != nullptr && !check(declaration, *fallback, fallback->span())) return;
  const bool is_given = value != nullptr && !value->is_null();
  if (is_given && !check(declaration, *value, at)) return;
  declaration.value = is_given ? value : fallback;
  if (declaration.value != nullptr) return;
  Diagnostic& told = report_.error("missing-input", wanted_at.known() ? wanted_at : declaration.key->span(),
                                   named(declaration) + " is not given");
  told.help = wanted_at.known()
                  ? "add it under `inputs`, or give it a `default` in `" + declaration.key->span().file->name + "`"
                  : "give it by `--input " + std::string(declaration.name) + "=VALUE`, or give it a `default`";
}

void InputDeclarations::apply_rules(Declaration& declaration, const GivenInputs& given, const SourceSpan& wanted_at) {
  const Node* rules = declaration.node == nullptr ? nullptr : declaration.node->find("rules");
  if (rules == nullptr) return;
  for (const Node* rule : rules->items()) {
    const Node* condition = rule->find("if");
    if (condition != nullptr && !holds(*condition, given, wanted_at)) continue;
    if (const Node* options = rule->find("options")) declaration.options = options;
    // `default: null` leaves the value to whoever starts the pipeline.
    const Node* fallback = rule->find("default");
    if (fallback != nullptr && !fallback->is_null()) declaration.fallback = fallback;
    return;
  }
}

bool InputDeclarations::holds(const Node& condition, const GivenInputs& given, const SourceSpan& wanted_at) {
  if (!condition.is_string()) {
    wrong_type(report_, condition, "`if`", "a string");
    return false;
  }
  std::vector<std::string_view> blocks;
  const std::string text = as_expression(condition.text(), blocks);
  Variables values;
  for (std::string_view block : blocks) {
    Declaration* other = block.starts_with("inputs.") ? find(block.substr(7)) : nullptr;
    if (other == nullptr) {
      report_.error("unknown-input", condition.span(), "there is no input `" + std::string(block) + "`");
      return false;
    }
    settle_one(*other, given, wanted_at);
    values.push_back(
        {"input_" + std::to_string(values.size()), other->value == nullptr ? "" : other->value->to_text(), true});
  }
  auto parsed = Expression::parse(text);
  if (const auto* error = std::get_if<ExpressionError>(&parsed)) {
    report_.error("invalid-condition", condition.span(), error->message).help = error->help;
    return false;
  }
  Scope scope;
  scope.below(values);
  return std::get<Expression>(parsed).evaluate(scope).truth;
}

const Node* InputDeclarations::given_value(const Declaration& declaration, const GivenInput& given) {
  if (given.value != nullptr) return given.value;
  if (declaration.type == "string") return arena_.scalar(given.text, yaml::Style::double_quoted, *declaration.key);
  if (declaration.type != "array") return arena_.scalar(given.text, yaml::Style::plain, *declaration.key);
  auto file = std::make_shared<const SourceFile>(SourceFile{"--input " + given.name, given.text});
  const yaml::Parsed parsed = yaml::parse(file, arena_);
  const bool one = !has_errors(parsed.diagnostics) && parsed.documents.size() == 1;
  return one ? parsed.documents.front() : arena_.scalar(given.text, yaml::Style::double_quoted, *declaration.key);
}

/// Of a list each item must be an option.
bool InputDeclarations::check_options(const Declaration& declaration, const Node& value, const SourceSpan& at) {
  if (declaration.options == nullptr || value.is_null()) return true;
  const auto options = declaration.options->items();
  const Node* const alone = &value;
  for (const Node* item : value.is_sequence() ? value.items() : std::span<const Node* const>(&alone, 1)) {
    const std::string text = item->to_text();
    const auto same = [&](const Node* option) { return option->to_text() == text; };
    if (std::any_of(options.begin(), options.end(), same)) continue;
    Diagnostic& told = report_.error("input-option", at, named(declaration) + " can't be `" + text + "`");
    for (const Node* option : options) {
      told.help += (told.help.empty() ? "it is one of `" : ", `") + option->to_text() + "`";
    }
    return false;
  }
  return true;
}

bool InputDeclarations::check(const Declaration& declaration, const Node& value, const SourceSpan& at) {
  if (!fits(declaration.type, value)) {
    Diagnostic& told = report_.error(
        "input-type", at,
        named(declaration) + " must be " + article(declaration.type) + ", not " + std::string(value.kind_name()));
    if (declaration.type == "string" && value.is_scalar()) told.help = "put it in quotes";
    return false;
  }
  if (!check_options(declaration, value, at)) return false;
  const Node* regex = declaration.node == nullptr ? nullptr : declaration.node->find("regex");
  if (regex == nullptr || declaration.type != "string" || value.is_null()) return true;
  const re2::RE2 pattern(std::string(regex->text()), re2::RE2::Quiet);
  if (!pattern.ok() || matches(value.text(), pattern).value_or(false)) return true;
  report_.error("input-pattern", at, named(declaration) + " must match `" + std::string(regex->text()) + "`");
  return false;
}

}  // namespace penstock::gitlab
