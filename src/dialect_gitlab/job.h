#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialect_gitlab/rules.h"
#include "plan/plan.h"
#include "yaml/yaml.h"

namespace penstock::gitlab {

using MatrixValues = std::vector<std::pair<std::string, std::string>>;

/// One entry of `needs` or `dependencies`, before it is known which jobs there are.
struct NeedRequest {
  std::string job;
  const yaml::Node* at = nullptr;  ///< Where the name is written.
  bool artifacts = true;
  bool optional = false;
  const yaml::Node* matrix = nullptr;  ///< `parallel: matrix` of the need: only these `instances`.
  std::vector<MatrixValues> instances = {};
};

/// A job as it stands in the configuration, before it is read.
struct WrittenJob {
  std::string_view name;
  const yaml::Node* key = nullptr;
  const yaml::Node* node = nullptr;
  // What messages about other jobs point to, once it is read.
  const yaml::Node* needs = nullptr;
  const yaml::Node* rules = nullptr;  ///< Or `only`, or `except`.
};

/// A job on its way from YAML to the plan: what its keywords say, then what its rules make of it.
struct Draft {
  std::string_view name;
  const yaml::Node* key = nullptr;
  const yaml::Node* node = nullptr;
  Job job;  ///< What needs no decision.

  const yaml::Node* stage_node = nullptr;
  std::string when;  ///< Empty: not said.
  const yaml::Node* when_node = nullptr;
  std::optional<Duration> start_in;
  const yaml::Node* start_in_node = nullptr;
  std::optional<AllowFailure> allow_failure;
  const yaml::Node* rules = nullptr;
  const yaml::Node* only = nullptr;
  const yaml::Node* except = nullptr;
  std::optional<std::vector<NeedRequest>> needs;
  std::optional<std::vector<NeedRequest>> dependencies;
  const yaml::Node* needs_node = nullptr;
  int parallel = 0;
  std::vector<MatrixValues> matrix;
  Variables variables;  ///< The job's own.
  bool inherits_all_variables = true;
  std::vector<std::string> inherited_variables;  ///< Where not all.
  std::vector<std::string> before_script;
  std::vector<std::string> script;
  bool has_script = false;
  std::vector<std::string> before_sources;  ///< `hooks: pre_get_sources_script`.
  std::vector<ScriptStep> run_steps;        ///< Of `run`, instead of `script`.
  bool forwards_variables = true;           ///< `trigger: forward: yaml_variables`.
  Variables fetched;                        ///< Secrets and tokens that another system would give.
};

/// What a keyword's reader works with.
struct JobReader {
  Report& report;
  RuleBook& rules;
  Draft& draft;
  bool own_keywords = false;  ///< Penstock's own are allowed.
};

/// A keyword of a job: how it is read, and whether it may come from `default`.
struct JobKeyword {
  std::string_view name;
  void (*read)(JobReader&, const yaml::Node&);  ///< Null: GitLab knows it, we don't build it yet.
  bool inherited = false;
  bool own = false;  ///< Penstock's, not GitLab's.
};
/// All that GitLab allows in a job, by name.
std::span<const JobKeyword> job_keywords();
const JobKeyword* find_job_keyword(std::string_view name);

/// Values of the keywords that a job without them inherits: from `default`, else from the top level (an old way to
/// write it).
class Defaults {
 public:
  void set(const JobKeyword& keyword, const yaml::Node& value) { values_.emplace_back(&keyword, &value); }
  [[nodiscard]] const std::vector<std::pair<const JobKeyword*, const yaml::Node*>>& values() const { return values_; }

 private:
  std::vector<std::pair<const JobKeyword*, const yaml::Node*>> values_;
};

/// What `environment: on_stop` names must be a job of the same environment with `action: stop`.
void check_stop_jobs(Report& report, const std::vector<WrittenJob>& jobs);

/// Reads all keywords of `reader.draft.node`.
void read_job(JobReader& reader, const Defaults& defaults);

// Readers, a file each for a family of keywords.
void read_image(JobReader& reader, const yaml::Node& node);
void read_services(JobReader& reader, const yaml::Node& node);
void read_artifacts(JobReader& reader, const yaml::Node& node);
void read_cache(JobReader& reader, const yaml::Node& node);
void read_environment(JobReader& reader, const yaml::Node& node);
void read_needs(JobReader& reader, const yaml::Node& node);
void read_dependencies(JobReader& reader, const yaml::Node& node);
void read_parallel(JobReader& reader, const yaml::Node& node);
void read_rollout(JobReader& reader, const yaml::Node& node);
void read_retry(JobReader& reader, const yaml::Node& node);
void read_coverage(JobReader& reader, const yaml::Node& node);
void read_hooks(JobReader& reader, const yaml::Node& node);
void read_id_tokens(JobReader& reader, const yaml::Node& node);
void read_secrets(JobReader& reader, const yaml::Node& node);
void read_identity(JobReader& reader, const yaml::Node& node);
void read_dast_configuration(JobReader& reader, const yaml::Node& node);
void read_job_inputs(JobReader& reader, const yaml::Node& node);
void read_pages(JobReader& reader, const yaml::Node& node);
/// What GitLab Pages would publish is an artifact, whatever else the job says of artifacts.
void publish_pages(Draft& draft);
void read_publish(JobReader& reader, const yaml::Node& node);
void read_release(JobReader& reader, const yaml::Node& node);
void read_run(JobReader& reader, const yaml::Node& node);
void read_trigger(JobReader& reader, const yaml::Node& node);

/// `production`, `staging`, `testing`, `development` or `other`.
bool is_environment_tier(std::string_view word);
/// Reports what is no path of a project on a GitLab server (`group/project`, or a variable).
void check_project(Report& report, const yaml::Node& node);
/// Reports what can't stand beside `rollout`, which runs no script.
void check_rollout(JobReader& reader);

/// Those of a rule must be of this pipeline.
enum class NeedsOf { job, rule };
/// The entries of a `needs` list that are of this pipeline.
std::vector<NeedRequest> parse_needs(Report& report, const yaml::Node& node, NeedsOf place);
/// Puts the job's own matrix values in place of `$[[ matrix.NAME ]]` in what its needs ask for.
void place_matrix_values(Report& report, std::vector<NeedRequest>& needs, const Job& job);
/// The permutations of a matrix, in GitLab's order; at most 200.
std::vector<MatrixValues> parse_matrix(Report& report, const yaml::Node& node);
/// `name: [a, b]`.
std::string instance_name(std::string_view name, const MatrixValues& values);
/// What the jobs that `draft` stands for are called, in order.
std::vector<std::string> instance_names(const Draft& draft);
/// A job's name has 255 characters at most.
bool is_too_long(std::string_view name);

}  // namespace penstock::gitlab
