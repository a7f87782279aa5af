#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/boxed.h"
#include "base/shared.h"
#include "base/source.h"
#include "base/time.h"
#include "plan/end_reason.h"

namespace penstock {

/// What a pipeline is, after its dialect has compiled it: plain data, the only thing that the rest of the program knows
/// of it. Stored with the run, so that a run is never compiled again. `plan/json.h` writes and reads its stable JSON
/// form; `plan/check.h` checks it. All names are as the user wrote them. Nothing in it is a secret: a tainted value is
/// a reference (see Variable).

/// An environment variable of a job. `value` may refer to other variables as `$NAME`, `${NAME}` or `%NAME%`; the runner
/// expands it when it has all values (and secrets) at hand, as GitLab's runner does.
struct Variable {
  std::string name;
  std::string value;  ///< Empty for a secret: only its name is in the plan.
  bool raw = false;   ///< `expand: false`: references in it stay as they are.
  bool file = false;  ///< The job gets the path of a file with this content.
  bool secret =
      false;  ///< The value comes from the JobSource by this name when the job starts, and is masked in its log.

  friend bool operator==(const Variable&, const Variable&) = default;
};
using Variables =
    std::vector<Variable>;  ///< In order of precedence, lowest first: of two with one name the later one holds.

/// Whether one clause of a condition held, with the values that it saw: what `ci why` prints.
struct Clause {
  enum class Outcome { yes, no, not_reached };
  std::string text;  ///< As written: `if $CI_COMMIT_BRANCH == "main"`.
  Outcome outcome = Outcome::no;
  std::string detail;  ///< `CI_COMMIT_BRANCH is "main"`, `none of the 3 changed files (app.py, …)`.

  friend bool operator==(const Clause&, const Clause&) = default;
};

/// Why a job is part of the pipeline or left out of it: the rules in order, each with its clauses.
struct Decision {
  struct Rule {
    SourceLocation location;
    std::string label;  ///< `rules[0]`, `only`, `except`, `workflow: rules[1]`.
    std::vector<Clause> clauses;
    bool matched = false;

    friend bool operator==(const Rule&, const Rule&) = default;
  };
  std::vector<Rule> rules;
  std::string summary;  ///< `no rule matched, so the job is not part of the pipeline`.

  friend bool operator==(const Decision&, const Decision&) = default;
};

/// A job that must have ended before another may start.
struct Need {
  std::string job;
  bool artifacts = true;
  bool optional = false;  ///< For display: a need that does not exist is left out of the plan.

  friend bool operator==(const Need&, const Need&) = default;
};

/// What earlier jobs' results must be for a job to run.
enum class Condition {
  on_success,  ///< All earlier (or needed) jobs passed, or failed where that is allowed.
  on_failure,  ///< At least one of them failed.
  always,      ///< They ended, however.
};

/// What else must happen before a job starts, once its condition holds.
struct Gate {
  enum class Kind { none, manual, delayed };
  Kind kind = Kind::none;
  Duration delay{};          ///< Of a delayed job.
  std::string confirmation;  ///< Shown to the person who opens a manual job; may be empty.

  friend bool operator==(const Gate&, const Gate&) = default;
};

struct AllowFailure {
  bool always = false;
  std::vector<int> exit_codes;  ///< Otherwise: allowed for these.

  friend bool operator==(const AllowFailure&, const AllowFailure&) = default;
};

struct Retry {
  int max = 0;
  std::vector<std::string> when;  ///< GitLab's names (see end_reason.h); empty: always, unless `exit_codes` are given.
  std::vector<int> exit_codes;

  friend bool operator==(const Retry&, const Retry&) = default;
};

struct Image {
  std::string name;
  std::vector<std::string> entrypoint;
  std::vector<std::string> pull_policy;
  std::string user;
  std::string platform;

  friend bool operator==(const Image&, const Image&) = default;
};

struct Service {
  Image image;
  std::vector<std::string> aliases;
  std::vector<std::string> command;
  Variables variables;

  friend bool operator==(const Service&, const Service&) = default;
};

/// When artifacts or a cache are kept.
enum class KeepWhen { on_success, on_failure, always };

struct CoverageReport {
  std::string format;  ///< `cobertura` or `jacoco`.
  std::string path;

  friend bool operator==(const CoverageReport&, const CoverageReport&) = default;
};

struct Artifacts {
  std::string name;  ///< Default `artifacts`; may hold variables, as all texts here.
  std::vector<std::string> paths;
  std::vector<std::string> exclude;
  bool untracked = false;
  KeepWhen when = KeepWhen::on_success;
  std::optional<Duration> expire_in;  ///< Nothing: kept until cleaned.
  std::string expose_as;
  std::map<std::string, std::vector<std::string>>
      reports;  ///< By kind: `junit`, `dotenv`, … to paths. Kept whatever the result.
  Boxed<CoverageReport> coverage_report;

  friend bool operator==(const Artifacts&, const Artifacts&) = default;
};

struct Cache {
  std::string key = "default";
  std::vector<std::string> key_files;  ///< Where not empty, the key is `prefix-` and a digest of their content.
  std::string key_prefix;
  std::vector<std::string> fallback_keys;
  std::vector<std::string> paths;
  bool untracked = false;
  std::string policy = "pull-push";  ///< `pull-push`, `pull`, `push`, or a variable that says one of them.
  KeepWhen when = KeepWhen::on_success;

  friend bool operator==(const Cache&, const Cache&) = default;
};

struct Environment {
  std::string name;              ///< Expanded.
  std::string url;               ///< May hold variables that only the job's end knows (dotenv).
  std::string action = "start";  ///< start, prepare, stop, verify, access.
  std::string tier;              ///< Given or derived from the name, as GitLab does.
  std::string on_stop;
  std::string auto_stop_in;

  friend bool operator==(const Environment&, const Environment&) = default;
};

/// The job brings a release into its environment instead of running a script.
struct JobRollout {
  /// Which of the files that the job gets make the release: a distribution's name or a pattern of paths. Empty: what
  /// the environment's application names, else all wheels and source distributions.
  std::string artifact;

  friend bool operator==(const JobRollout&, const JobRollout&) = default;
};

/// A file of a child pipeline that a job of this one makes.
struct MadeSource {
  std::string job;
  std::string path;

  friend bool operator==(const MadeSource&, const MadeSource&) = default;
};

/// The job starts a pipeline of its own, a child of this one, instead of running a script.
struct Trigger {
  std::string name;    ///< What the child is made of, for a person: the first file's path.
  std::string source;  ///< The text of the child's first file, which includes the others.
  std::vector<MadeSource> made;
  bool waits = false;     ///< The job ends as the child does (`strategy`); else it has passed once there is a child.
  Variables variables;    ///< For the child, above all that it defines itself.
  bool forwards = false;  ///< What this pipeline was started with goes to the child too; secrets do in any case.

  friend bool operator==(const Trigger&, const Trigger&) = default;
};

/// A job of another run of the same family (the one that triggered this one, or was triggered by it) whose artifacts
/// are wanted. It isn't waited for.
struct FamilyNeed {
  std::string run;  ///< Its number; may hold variables.
  std::string job;
  bool optional = false;

  friend bool operator==(const FamilyNeed&, const FamilyNeed&) = default;
};

/// Lines for one shell, which stops at the first that fails.
struct ScriptStep {
  std::vector<std::string> lines;

  friend bool operator==(const ScriptStep&, const ScriptStep&) = default;
};
/// What a job runs, in order. Actions and built-ins come with their dialects.
using Step = std::variant<ScriptStep>;

struct ResourceGroup {
  std::string name;
  /// Who gets it next: GitLab's process modes `unordered`, `oldest_first`, `newest_first`, `newest_ready_first`. Empty:
  /// as it was set last, at first unordered.
  std::string mode{};

  friend bool operator==(const ResourceGroup&, const ResourceGroup&) = default;
};

struct Job {
  std::string name;   ///< Unique in the plan; also its id. Instances of a matrix are jobs of their own.
  std::string group;  ///< The name that it was written under: differs from `name` for `parallel` and matrix instances.
  std::string stage;
  SourceLocation location;

  std::optional<std::vector<Need>> needs;  ///< Nothing: waits for all earlier stages.
  /// Jobs whose artifacts it gets. Nothing: all jobs of earlier stages.
  std::optional<std::vector<std::string>> artifacts_from;
  Condition condition = Condition::on_success;
  Gate gate;
  AllowFailure allow_failure;
  Retry retry;
  std::optional<Duration> timeout;
  bool interruptible = false;
  Boxed<ResourceGroup> resource_group;

  std::vector<std::string> tags;
  Boxed<Image> image;
  std::vector<Service> services;
  Variables variables;  ///< Of the job: predefined ones that are its own, inherited, its own, its rule's; in order of
                        ///< precedence.
  std::vector<Step> steps;
  std::vector<Step> after_steps;
  std::vector<Cache> caches;
  Artifacts artifacts;
  Boxed<Environment> environment;
  Boxed<JobRollout> rollout;  ///< Into `environment`; `steps` are empty then.
  Boxed<Trigger> trigger;     ///< `steps` are empty then.
  std::vector<FamilyNeed> family_needs;
  /// Keywords whose value is kept as JSON for whoever acts on it (a server, a viewer): `release`, `pages`, `id_tokens`,
  /// …
  std::map<std::string, std::string> carried;
  /// What the job wants and can't have here, as half a sentence ("it starts a pipeline of its own, …"): it then fails
  /// with EndReason::unmet_prerequisites instead of running. Empty: nothing.
  std::string unmet;
  std::string coverage;                                     ///< A regular expression without its slashes; empty: none.
  std::vector<std::pair<std::string, std::string>> matrix;  ///< Axis and value, in order.
  Shared<Decision> decision;                                ///< Why it is in the pipeline.

  friend bool operator==(const Job&, const Job&) = default;
};

/// A job that its rules left out of this pipeline.
struct LeftOutJob {
  std::string name;
  std::string group;  ///< As Job's.
  std::string stage;
  SourceLocation location;
  Shared<Decision> decision;

  friend bool operator==(const LeftOutJob&, const LeftOutJob&) = default;
};

/// Whether a newer pipeline or a failed job cancels this one.
struct AutoCancel {
  std::string on_new_commit = "conservative";  ///< conservative, interruptible, none.
  bool on_job_failure = false;                 ///< `all`: the first failed job cancels the rest.

  friend bool operator==(const AutoCancel&, const AutoCancel&) = default;
};

struct Plan {
  static constexpr int kFormat = 1;

  std::string dialect;  ///< `gitlab`.
  int dialect_version = 1;
  std::string source;               ///< The file that was picked, relative to the repository.
  std::string name;                 ///< `workflow: name`, expanded; may be empty.
  Variables variables;              ///< Predefined ones of the pipeline: below all that a job defines.
  Variables pipeline_variables;     ///< Given by who started it (`-e`, `--secret`): above all that a job defines.
  std::vector<std::string> stages;  ///< In order, those that have jobs.
  std::vector<Job> jobs;            ///< In stage order, within a stage as written.
  std::vector<LeftOutJob> left_out;
  AutoCancel auto_cancel;
  Decision workflow;  ///< Why there is a pipeline at all.

  friend bool operator==(const Plan&, const Plan&) = default;
};

/// The job of that name, or null.
const Job* find_job(const Plan& plan, std::string_view name);

}  // namespace penstock
