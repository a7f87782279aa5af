#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostic.h"
#include "base/digest.h"
#include "base/result.h"
#include "plan/plan.h"

namespace penstock {

/// The files of one project in one state: at a commit, in a work tree, in a folder.
class SourceTree {
 public:
  virtual ~SourceTree() = default;
  /// The text of a file; nothing where it doesn't exist. `path` is relative to the project's root and has been checked
  /// not to leave it.
  virtual Result<std::optional<std::string>> read(std::string_view path) = 0;
  /// All paths of the project, sorted: for `include: local` with wildcards and `rules: exists`.
  virtual const std::vector<std::string>& paths() = 0;
};

/// Another project that a pipeline takes files from (`include: project`, `component`, `exists: project`).
struct OutsideProject {
  std::string host;       ///< A component's; empty: the server that the pipeline's own project lies on.
  std::string path;       ///< `group/sub/project`
  std::string ref;        ///< A commit, tag or branch; empty: the default branch.
  bool versions = false;  ///< A component's: `~latest`, `1` and `1.2` stand for the newest released version of these.
};

struct FoundProject {
  SourceTree* tree = nullptr;  ///< Lives as long as the reader that gave it.
  std::string commit;          ///< Empty: a folder that is no repository.
  std::string version;         ///< `1.2.3` where the ref is, or stands for, the tag of a version; else empty.
};

/// What a dialect may ask of the outside while it compiles. Pure rooms see the world through this alone; as a tree it
/// is the pipeline's own project at the commit that is compiled. What lies outside is an Error where nobody says how it
/// is reached.
class SourceReader : public SourceTree {
 public:
  /// Paths that the change touches, for `rules: changes`; `compare_to` is a ref or empty for the default (the merge
  /// base or the commit before). Nothing where there is nothing to compare with (a new branch, a tag, a schedule):
  /// `changes` is then true, as on GitLab.
  virtual Result<std::optional<std::vector<std::string>>> changed_files(std::string_view compare_to) = 0;

  virtual Result<FoundProject> project(const OutsideProject&) { return out_of_reach(); }
  /// The text at an http address. `digest` is what its author says of it (`integrity`), which the dialect checks.
  virtual Result<std::string> remote(const std::string& /*url*/, const std::optional<Digest>& /*digest*/) {
    return out_of_reach();
  }
  /// The text of a template by its name (`Jobs/Build.gitlab-ci.yml`).
  virtual Result<std::string> template_text(const std::string& /*name*/) { return out_of_reach(); }

 private:
  static Error out_of_reach() { return {Fault::user, "only files of the project itself are in reach here", ""}; }
};

/// What a pipeline must know of an environment that the project declares.
struct DeclaredEnvironment {
  std::string name;  ///< As written: a `*` stands for any text.
  std::string tier;
  std::string url;
  bool target = false;  ///< Penstock itself can deploy there.
  int approvals = 0;    ///< So many people must agree to a release.
};

/// A kind of pipeline that the project may have.
struct PipelineKind {
  enum class Of {
    open_branch,    ///< A push to a branch that is not the default one, and has an open merge request.
    merge_request,  ///< That merge request.
    other,
  };
  std::string name;      ///< For a sentence: `a merge request pipeline`.
  Variables predefined;  ///< As CompileRequest's, of one such pipeline.
  Of of = Of::other;
};

struct CompileRequest {
  std::string path;              ///< The pipeline's file.
  Variables predefined;          ///< `CI_*` and the like, of the pipeline.
  Variables pipeline_variables;  ///< `-e` and secrets (by name).
  /// `--input NAME=VALUE`, each read by the type that the pipeline declares for it.
  std::vector<std::pair<std::string, std::string>> inputs = {};
  bool advise = false;                   ///< Also warn of what is allowed and surely wrong or unsafe.
  std::vector<PipelineKind> kinds = {};  ///< Advice looks at what jobs are to each other in each of these.
  bool own_keywords = false;             ///< A file under `.ci/`: Penstock's own keywords are allowed.
  /// Nothing: the project declares none, and any name will do.
  std::optional<std::vector<DeclaredEnvironment>> environments = {};
  /// Asks the reader also for what is included by rules that don't hold now, without using it: to lock it. What can't
  /// be had of these is a warning.
  bool every_include = false;
  bool locked = false;  ///< What comes from outside can't change by itself.
  /// SHA-256 digests, in hex, of images by the names that CompileResult::images has: jobs get exactly these.
  std::map<std::string, std::string> image_digests = {};
  bool with_children = false;  ///< CompileResult::children is wanted.
};

/// A child pipeline that a job would start.
struct ChildRequest {
  std::string job;
  Trigger trigger;
  SourceSpan span;                        ///< Where the job says so.
  std::vector<SourceSpan> include_chain;  ///< Of that file, innermost first.
};

/// One entry of a list of `include`, and what became of it.
struct IncludeEntry {
  enum class Outcome {
    taken,
    left_out,  ///< Its rules don't hold.
    missing,   ///< None of its files, or not all, can be had; a diagnostic says why.
  };
  SourceLocation location;
  std::string kind;                ///< `local`, `project`, `component`, `remote`, `template`
  std::string name;                ///< As written, of a project without its files.
  std::vector<std::string> files;  ///< As diagnostics call them.
  Outcome outcome = Outcome::taken;
};

struct CompileResult {
  std::optional<Plan>
      plan;  ///< Absent where there are errors, or where `workflow: rules` say that there is no pipeline.
  Diagnostics diagnostics;
  Decision workflow;  ///< Why there is (or isn't) a pipeline.
  /// Of all jobs and their services, each once, whether or not their rules hold now; with `every_include` also of files
  /// that aren't included now. Variables are in place as far as they don't differ from one pipeline to the next.
  std::vector<std::string> images = {};
  std::vector<ChildRequest> children = {};  ///< Of all jobs, too; each once.
  std::vector<IncludeEntry> includes = {};  ///< Of all files that were read, those of a file before what it leads to.
};

/// One way to write pipelines.
class Dialect {
 public:
  virtual ~Dialect() = default;
  [[nodiscard]] virtual CompileResult compile(const CompileRequest& request, SourceReader& reader) const = 0;
};

}  // namespace penstock
