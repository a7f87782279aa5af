#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostic.h"
#include "base/result.h"
#include "plan/plan.h"

namespace penstock {

/// What a dialect may ask of the outside while it compiles. Pure rooms see the repository through this alone.
class SourceReader {
 public:
  virtual ~SourceReader() = default;
  /// The text of a file of the project at the commit that is compiled; nothing where it doesn't exist. `path` is
  /// relative to the repository's root and has been checked not to leave it.
  virtual Result<std::optional<std::string>> read(std::string_view path) = 0;
  /// All paths of the project at that commit, sorted: for `include: local` with wildcards and `rules: exists`. Asked at
  /// most once a compile, and only when needed.
  virtual const std::vector<std::string>& paths() = 0;
  /// Paths that the change touches, for `rules: changes`; `compare_to` is a ref or empty for the default (the merge
  /// base or the commit before). Nothing where there is nothing to compare with (a new branch, a tag, a schedule):
  /// `changes` is then true, as on GitLab.
  virtual Result<std::optional<std::vector<std::string>>> changed_files(std::string_view compare_to) = 0;
};

/// What a pipeline must know of an environment that the project declares.
struct DeclaredEnvironment {
  std::string name;  ///< As written: a `*` stands for any text.
  std::string tier;
  std::string url;
  bool target = false;  ///< Penstock itself can deploy there.
  int approvals = 0;    ///< So many people must agree to a release.
};

struct CompileRequest {
  std::string path;              ///< The pipeline's file.
  Variables predefined;          ///< `CI_*` and the like, of the pipeline.
  Variables pipeline_variables;  ///< `-e` and secrets (by name).
  /// `--input NAME=VALUE`, each read by the type that the pipeline declares for it.
  std::vector<std::pair<std::string, std::string>> inputs = {};
  bool own_keywords = false;  ///< A file under `.ci/`: Penstock's own keywords are allowed.
  /// Nothing: the project declares none, and any name will do.
  std::optional<std::vector<DeclaredEnvironment>> environments = {};
};

struct CompileResult {
  std::optional<Plan>
      plan;  ///< Absent where there are errors, or where `workflow: rules` say that there is no pipeline.
  Diagnostics diagnostics;
  Decision workflow;  ///< Why there is (or isn't) a pipeline.
};

/// One way to write pipelines.
class Dialect {
 public:
  virtual ~Dialect() = default;
  [[nodiscard]] virtual CompileResult compile(const CompileRequest& request, SourceReader& reader) const = 0;
};

}  // namespace penstock
