#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialect_gitlab/report.h"
#include "dialect_gitlab/scope.h"
#include "yaml/yaml.h"

/// Inputs of a file, as GitLab has them (doc/ci/inputs, doc/ci/yaml#spec): declared in its header, given by whoever
/// includes it, and put in place before anything is merged.
namespace penstock::gitlab {

/// A value that a file is given.
struct GivenInput {
  std::string name;
  const yaml::Node* value = nullptr;  ///< As `include: inputs` has it; null where it came as a text.
  std::string text;                   ///< As the command line has it: read by the type that the input declares.
  SourceSpan at;                      ///< Where the name is written; unknown for the command line.
};
using GivenInputs = std::vector<GivenInput>;

/// The inputs of one file with the values that hold in it.
class Inputs {
 public:
  void add(std::string_view name, const yaml::Node& value) { values_.emplace_back(name, &value); }
  /// Null: there is no such input.
  [[nodiscard]] const yaml::Node* find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string_view> names() const;

  /// What a component asked to know of itself (`spec: component`).
  void add_component(std::string field, const yaml::Node& value) { component_.emplace_back(std::move(field), &value); }
  /// Null: its header doesn't ask for that.
  [[nodiscard]] const yaml::Node* find_component(std::string_view field) const;

 private:
  std::vector<std::pair<std::string_view, const yaml::Node*>> values_;
  std::vector<std::pair<std::string, const yaml::Node*>> component_;
};

/// Reads declarations (the mapping that `spec: inputs` holds), and settles which value each input has.
class InputDeclarations {
 public:
  InputDeclarations(Report& report, yaml::Arena& arena) : report_(report), arena_(arena) {}

  /// May be called for several files (`spec: include`); a name twice is a mistake.
  void declare(const yaml::Node& inputs);
  /// The values, from what is given, rules and defaults; reports what is missing, unknown, or not as declared.
  /// `wanted_at` is the `include` entry that asks for the file, unknown for the pipeline's own file.
  Inputs settle(const GivenInputs& given, const SourceSpan& wanted_at);

  struct Declaration {
    std::string_view name;
    const yaml::Node* key = nullptr;
    const yaml::Node* node = nullptr;  ///< Null: nothing but the name.
    std::string type = "string";
    // As declared, or as the first rule that holds has them.
    const yaml::Node* options = nullptr;
    const yaml::Node* fallback = nullptr;  ///< `default`.
    enum class State { open, settling, settled } state = State::open;
    const yaml::Node* value = nullptr;
  };

 private:
  void read(Declaration& declaration);
  void check_options_fit(const Declaration& declaration, const yaml::Node* options);
  void read_rules_shape(const yaml::Node& rules);
  Declaration* find(std::string_view name);
  void settle_one(Declaration& declaration, const GivenInputs& given, const SourceSpan& wanted_at);
  void apply_rules(Declaration& declaration, const GivenInputs& given, const SourceSpan& wanted_at);
  bool holds(const yaml::Node& condition, const GivenInputs& given, const SourceSpan& wanted_at);
  const yaml::Node* given_value(const Declaration& declaration, const GivenInput& given);
  bool check_options(const Declaration& declaration, const yaml::Node& value, const SourceSpan& at);
  bool check(const Declaration& declaration, const yaml::Node& value, const SourceSpan& at);

  Report& report_;
  yaml::Arena& arena_;
  std::vector<Declaration> declarations_;
};

/// The tree with each `$[[ inputs.NAME ]]` replaced, in keys and in values: by the input itself where it is the whole
/// value, else by its text. Up to three functions may follow (`| expand_vars | truncate(0,8) | posix_escape`).
/// `$[[ matrix.NAME ]]` stays: the job's instances give it a value.
const yaml::Node* interpolate(Report& report, yaml::Arena& arena, const Inputs& inputs, const Scope& scope,
                              const yaml::Node& root);

/// A `$[[ … ]]` in a text, from `at` on.
struct InterpolationBlock {
  size_t offset = 0;
  size_t length = 0;
  std::string_view content;  ///< Without blanks around it.
};
/// The next one, with length 0 where there is none.
InterpolationBlock next_block(std::string_view text, size_t from);

}  // namespace penstock::gitlab
