#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dialect_gitlab/inputs.h"
#include "dialect_gitlab/rules.h"
#include "dialect_gitlab/tree.h"
#include "plan/dialect.h"

namespace penstock::gitlab {

/// What a component may ask about itself (`spec: component`).
struct ComponentFacts {
  std::string name;
  std::string sha;
  std::string version;  ///< Empty: it was asked for by a branch or a commit; null for the component.
  std::string reference;
};

/// Where a file lies: what its own `include: local` and `exists` look at.
struct Place {
  SourceTree* tree = nullptr;  ///< Null: a remote file or a template, which has no project.
  std::string prefix;          ///< What the names of its files begin with; empty in the pipeline's own project.
  std::shared_ptr<const ComponentFacts> component;  ///< Null: not in a component.
};

/// A file that an `include` entry means.
struct IncludedFile {
  Place place;
  std::string path;                 ///< In the place's project; else all of its name.
  SourceSpan at;                    ///< Where it is named; unknown for the pipeline's own file.
  std::optional<std::string> text;  ///< Nothing: read from the project when it is its turn.
  bool by_pattern = false;          ///< Meant by a wildcard: may be the including file itself.

  [[nodiscard]] std::string name() const { return place.prefix + path; }
};

/// Reads the pipeline's file and all that it includes, nested ones before those that name them, the file itself last.
class Sources {
 public:
  Sources(Report& report, yaml::Arena& arena, RuleBook& rules, SourceReader& reader, const Scope& scope)
      : report_(report), arena_(arena), rules_(rules), reader_(reader), scope_(scope) {}

  /// False where the file could not be read or is no pipeline, which is reported. `given` are the pipeline's inputs.
  bool load(const std::string& path, const GivenInputs& given, Config& config);
  /// Includes these entries, each by its place, whatever their rules say.
  void take(const std::vector<SourceLocation>& entries) { taken_ = &entries; }
  /// All entries that were looked at, once `load` is done.
  [[nodiscard]] std::vector<IncludeEntry> entries() { return std::move(entries_); }
  /// Warns of what is included in a way that somebody else can change.
  void advise_on_pins() { advise_on_pins_ = true; }
  /// Finds out which of these include something else. `pipeline_variables` are the pipeline's.
  void compare_kinds(std::vector<KindScope>& kinds, const Variables& pipeline_variables) {
    kinds_ = &kinds;
    pipeline_variables_ = &pipeline_variables;
  }

 private:
  bool load_file(IncludedFile file, const GivenInputs& given, Config& config);
  std::optional<yaml::Parsed> parse(IncludedFile& file);
  /// The content of a file whose header says `spec`, its inputs put in place; null where it can't be had.
  const yaml::Node* content_below(const yaml::Node& header, const yaml::Parsed& parsed, const IncludedFile& file,
                                  const GivenInputs& given);
  void declare_inputs(const yaml::Node& spec, const Place& place, InputDeclarations& declarations);
  void declare_included(const yaml::Node& entry, const Place& place, InputDeclarations& declarations);
  void add_component(const yaml::Node& spec, const Place& place, Inputs& inputs);
  void include(const yaml::Node& entry, const Place& place, Config& config);
  void include_entry(const yaml::Node& entry, const Place& place, Config& config);
  void load_files(const yaml::Node& entry, const Place& place, Config& config, size_t number);
  GivenInputs given_by(const yaml::Node& entry);
  /// False, and reported, where too many files are included.
  bool count(const SourceSpan& at);
  /// False, and reported, where the files are too large together.
  bool count_content(const SourceFile& file, const yaml::Parsed& parsed);
  [[nodiscard]] bool fits() const;
  bool applies(const yaml::Node& entry, const Place& place, const Scope& scope);
  void tell_kinds_apart(const yaml::Node& entry, const Place& place, bool applied);
  bool is_open(const IncludedFile& file);
  void missing(const IncludedFile& file);

  static IncludeEntry describe(const yaml::Node& entry);

  // include.cc: which files an entry means. What can't be had is reported, and left out.
  std::vector<IncludedFile> files_of(const yaml::Node& entry, const Place& place);
  std::vector<IncludedFile> local_files(const yaml::Node& node, const Place& place);
  std::vector<IncludedFile> project_files(const yaml::Node& entry);
  std::vector<IncludedFile> component_files(const yaml::Node& node);
  std::vector<IncludedFile> remote_files(const yaml::Node& node, const yaml::Node* integrity);
  std::vector<IncludedFile> template_files(const yaml::Node& node);
  /// A path within a project, variables expanded; nothing where it is none, which is reported.
  std::optional<std::string> path_in_project(const yaml::Node& node, std::string_view what);
  /// What has another form than its kind wants: perhaps since a variable isn't set here.
  void malformed(const yaml::Node& node, const std::string& kind, const std::string& expanded, const std::string& why,
                 const std::string& help);
  void advise_on_ref(const yaml::Node& node, const OutsideProject& wanted);
  void advise_on_content(const yaml::Node& node, const std::string& url);
  void unreachable(const yaml::Node& node, const std::string& what, const Error& error);

  Report& report_;
  yaml::Arena& arena_;
  RuleBook& rules_;
  SourceReader& reader_;
  const Scope& scope_;
  std::vector<std::string> open_;  ///< Names of the files that are being read, outermost first.
  std::vector<SourceSpan> chain_;
  /// What was read so far.
  struct Amount {
    int files = 0;
    size_t bytes = 0;
    size_t values = 0;
  };
  Amount read_;
  const std::vector<SourceLocation>* taken_ = nullptr;
  std::vector<IncludeEntry> entries_;
  bool advise_on_pins_ = false;
  std::vector<KindScope>* kinds_ = nullptr;
  const Variables* pipeline_variables_ = nullptr;
};

}  // namespace penstock::gitlab
