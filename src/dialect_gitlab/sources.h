#pragma once

#include <string>
#include <vector>

#include "dialect_gitlab/inputs.h"
#include "dialect_gitlab/rules.h"
#include "dialect_gitlab/tree.h"
#include "plan/dialect.h"

namespace penstock::gitlab {

/// Reads the pipeline's file and all that it includes, nested ones before those that name them, the file itself last.
class Sources {
 public:
  Sources(Report& report, yaml::Arena& arena, RuleBook& rules, SourceReader& reader, const Scope& scope)
      : report_(report), arena_(arena), rules_(rules), reader_(reader), scope_(scope) {}

  /// False where the file could not be read or is no pipeline, which is reported. `given` are the pipeline's inputs.
  bool load(const std::string& path, const GivenInputs& given, Config& config);

 private:
  bool load_file(const std::string& path, const SourceSpan& included_at, const GivenInputs& given, Config& config);
  std::optional<yaml::Parsed> parse(const std::string& path, const SourceSpan& included_at);
  /// The content of a file whose header says `spec`, its inputs put in place; null where it can't be had.
  const yaml::Node* content_below(const yaml::Node& header, const yaml::Parsed& parsed, const SourceSpan& included_at,
                                  const GivenInputs& given);
  void declare_inputs(const yaml::Node& spec, InputDeclarations& declarations);
  void declare_included(const yaml::Node& entry, InputDeclarations& declarations);
  void include(const yaml::Node& entry, Config& config);
  void include_entry(const yaml::Node& entry, Config& config);
  void include_local(const yaml::Node& path, const GivenInputs& given, Config& config);
  GivenInputs given_by(const yaml::Node& entry);
  /// A path within the project, variables expanded; nothing where it is none, which is reported.
  std::optional<std::string> project_path(const yaml::Node& node);
  /// False, and reported, where too many files are included.
  bool count(const yaml::Node& node);
  bool applies(const yaml::Node& entry);
  void missing(const std::string& path, const SourceSpan& included_at);

  Report& report_;
  yaml::Arena& arena_;
  RuleBook& rules_;
  SourceReader& reader_;
  const Scope& scope_;
  std::vector<std::string> open_;
  std::vector<SourceSpan> chain_;
  int included_ = 0;
};

}  // namespace penstock::gitlab
