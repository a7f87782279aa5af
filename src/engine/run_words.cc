#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/run_state.h"
#include "engine/tally.h"

namespace penstock {

std::string_view predicate_of(Status status, bool warning) {
  switch (status) {
    case Status::created:
      return "waits for earlier jobs";
    case Status::waiting_for_resource:
      return "waits for its resource group";
    case Status::pending:
      return "waits for a free slot";
    case Status::running:
      return "is running";
    case Status::canceling:
      return "is being canceled";
    case Status::manual:
      return "waits for a person";
    case Status::scheduled:
      return "waits for its time";
    case Status::success:
      return "passed";
    case Status::failed:
      return warning ? "failed, which is allowed" : "failed";
    case Status::canceled:
      return warning ? "was canceled, which is allowed" : "was canceled";
    case Status::skipped:
      return "was skipped";
  }
  return {};
}

/// `` `test` failed ``.
std::string Run::State::in_words(size_t i) const {
  const JobState& state = slots[i].state;
  return quoted(slots[i].job->name) + " " + std::string(predicate_of(state.status, state.warning));
}

std::vector<size_t> Run::State::needed(const Job& job) const {
  std::vector<size_t> indices;
  if (!job.needs) return indices;
  indices.reserve(job.needs->size());
  for (const Need& need : *job.needs) indices.push_back(job_index.at(need.job));
  return indices;
}

std::optional<size_t> Run::State::first_standing(const std::vector<size_t>& jobs, Standing standing) const {
  const auto found =
      std::find_if(jobs.begin(), jobs.end(), [&](size_t i) { return standing_of(slots[i].bucket) == standing; });
  return found == jobs.end() ? std::nullopt : std::optional(*found);
}

std::string Run::State::why_run(size_t i) const {
  const Job& job = *slots[i].job;
  const size_t stage = slots[i].stage;
  if (job.needs && job.needs->empty()) return "it needs no other job";
  if (!job.needs && stage == 0) return "it is in the first stage";
  if (job.condition == Condition::always) return "it runs however earlier jobs end";
  if (job.condition == Condition::on_failure) {
    const auto failed = job.needs ? first_standing(needed(job), Standing::failed)
                                  : first_standing(stages[*failed_stages.begin()].jobs, Standing::failed);
    return in_words(*failed);
  }
  if (!job.needs) return options.keep_going ? "the jobs of earlier stages ended" : "the jobs of earlier stages passed";
  if (job.needs->size() == 1) return in_words(job_index.at(job.needs->front().job));
  return "the " + std::to_string(job.needs->size()) + " jobs that it needs passed";
}

/// Why a job with `needs` is skipped.
std::string Run::State::why_skip(const Job& job) const {
  const std::vector<size_t> jobs = needed(job);
  if (const auto skipped = first_standing(jobs, Standing::skipped)) return in_words(*skipped);
  if (const auto manual_job = first_standing(jobs, Standing::optional))
    return quoted(slots[*manual_job].job->name) + " is manual and was not started";
  if (job.condition == Condition::on_failure) return "no job that it needs failed";
  if (const auto failed = first_standing(jobs, Standing::failed)) return in_words(*failed);
  if (const auto canceled = first_standing(jobs, Standing::canceled)) return in_words(*canceled);
  return "a job that it needs did not pass";
}

/// Why a job of this stage without `needs` is skipped.
std::string Run::State::why_skip_stage(Condition condition, size_t stage) const {
  if (condition == Condition::on_failure)
    return stage == 0 ? "there is no earlier job that could fail" : "no earlier job failed";
  const auto culprit = [&](const std::set<size_t>& marked, Standing standing) -> std::optional<size_t> {
    if (marked.empty() || *marked.begin() >= stage) return std::nullopt;
    return first_standing(stages[*marked.begin()].jobs, standing);
  };
  if (!options.keep_going)
    if (const auto failed = culprit(failed_stages, Standing::failed)) return in_words(*failed);
  if (const auto canceled = culprit(canceled_stages, Standing::canceled)) return in_words(*canceled);
  return "an earlier job did not pass";
}

}  // namespace penstock
