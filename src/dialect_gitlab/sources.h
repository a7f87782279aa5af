#pragma once

#include <string>
#include <vector>

#include "dialect_gitlab/rules.h"
#include "dialect_gitlab/tree.h"
#include "plan/dialect.h"

namespace penstock::gitlab {

/// Reads the pipeline's file and all that it includes, nested ones before those that name them, the file itself last.
class Sources {
 public:
  Sources(Report& report, yaml::Arena& arena, RuleBook& rules, SourceReader& reader, const Scope& scope)
      : report_(report), arena_(arena), rules_(rules), reader_(reader), scope_(scope) {}

  /// False where the file could not be read or is no pipeline, which is reported.
  bool load(const std::string& path, Config& config);

 private:
  bool load_file(const std::string& path, const SourceSpan& included_at, Config& config);
  void include(const yaml::Node& entry, Config& config);
  void include_entry(const yaml::Node& entry, Config& config);
  void include_local(const yaml::Node& path, Config& config);
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
