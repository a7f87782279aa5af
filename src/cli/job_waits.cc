#include "cli/job_waits.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "coordinator/summary.h"
#include "os/clock.h"
#include "store/driver_lease.h"

namespace penstock {
namespace {

constexpr Duration kSoon = std::chrono::seconds(2);  ///< A wait that is shorter needs no word.
constexpr Duration kAskAgain = std::chrono::seconds(1);

bool has_waited(const JobState& state, Instant now) { return state.ready_at && now - *state.ready_at >= kSoon; }

/// The rollout that a job carries, if it hasn't ended.
Result<std::optional<RolloutRecord>> rollout_of(Project& project, const Claim& job) {
  PENSTOCK_TRY(std::vector<RolloutRecord> open, project.store().open_rollouts());
  for (RolloutRecord& one : open) {
    const bool is_part = one.facts.group != 0;
    if (one.facts.run == job.run && one.facts.job == job.job && !is_part) return std::optional(std::move(one));
  }
  return std::optional<RolloutRecord>();
}

std::string doing_of(const JobState& state) {
  switch (state.status) {
    case Status::running:
      return "it runs";
    case Status::canceling:
      return "it is being canceled";
    case Status::pending:
      return "it waits for a free slot";
    case Status::waiting_for_resource:
      return "its " + state.why;
    default:
      return {};
  }
}

/// What there is to do for one that waits for a person.
std::string answer_to(const RolloutRecord& rollout) {
  const std::string& environment = rollout.facts.environment;
  const bool asks = rollout.summary.waits_for.find("ci ") == std::string::npos;  // else it says so itself
  if (!asks) return {};
  return rollout.summary.began_at ? "go on with it: ci rollout continue " + environment
                                  : "approve with: ci approve " + environment;
}

}  // namespace

Result<std::vector<std::string>> holder_in_words(Project& project, const ResourceWait& wait) {
  std::vector<std::string> lines;
  if (wait.holders.empty() || !wait.deadlock.empty()) return lines;
  const Claim& holder = wait.holders.front();
  PENSTOCK_TRY(const StoredRun run, project.store().load(holder.run));
  const std::optional<size_t> job = run.run.index_of(holder.job);
  PENSTOCK_TRY(const std::optional<RolloutRecord> rollout, rollout_of(project, holder));
  if (rollout && !rollout->summary.waits_for.empty()) {
    lines.push_back("its rollout " + std::to_string(rollout->id) + " waits for " + rollout->summary.waits_for);
  } else if (std::string doing = job ? doing_of(run.run.state(*job)) : std::string(); !doing.empty()) {
    lines.push_back(std::move(doing));
  }
  const std::string number = std::to_string(holder.run);
  std::string help = rollout && rollout->summary.waits_for_person ? answer_to(*rollout) : std::string();
  if (help.empty() && !run.header.summary.parked) {
    PENSTOCK_TRY(const bool driven, project.records.leases->is_driven(holder.run));
    if (!driven) help = "nobody drives run " + number + ": ci resume";
  }
  const bool moves = !rollout && job && run.run.state(*job).status == Status::running;
  if (help.empty()) help = moves ? "see it with: ci show " + number : "end it with: ci cancel --run " + number;
  lines.push_back(std::move(help));
  return lines;
}

const std::map<size_t, std::string>& JobWaits::of(int64_t id, const Run& run, Instant now) {
  std::map<std::string, size_t> waiting;
  for (size_t job = 0; job < run.size(); ++job) {
    const JobState& state = run.state(job);
    const bool waits = state.status == Status::waiting_for_resource && !has_let_go(state);
    if (waits) waiting.emplace(run.job(job).name, job);
  }
  std::erase_if(words_, [&](const auto& one) { return waiting.find(run.job(one.first).name) == waiting.end(); });
  if (waiting.empty() || now - asked_at_ < kAskAgain) return words_;
  asked_at_ = now;
  const auto waits = resource_waits(project_);
  if (!waits.ok()) return words_;
  words_.clear();
  for (const ResourceWait& wait : *waits) {
    const auto job = waiting.find(wait.claim.job);
    if (wait.claim.run != id || job == waiting.end()) continue;
    if (wait.deadlock.empty() && !has_waited(run.state(job->second), now)) continue;
    std::vector<std::string> lines = in_words(wait);
    if (auto more = holder_in_words(project_, wait); more.ok()) lines.insert(lines.end(), more->begin(), more->end());
    std::string text = "waits for its turn";
    for (const std::string& line : lines) text += (&line == &lines.front() ? ": " : "; ") + line;
    words_[job->second] = std::move(text);
  }
  return words_;
}

std::function<std::map<size_t, std::string>(int64_t, const Run&)> watch_waits(Project& project,
                                                                              const os::Clock& clock) {
  return [waits = std::make_shared<JobWaits>(project), &clock](int64_t id, const Run& run) {
    return waits->of(id, run, clock.now());
  };
}

std::string slot_waits(const Run& run, size_t slots, Instant now) {
  constexpr size_t kNamed = 3;
  std::string names;
  size_t number = 0;
  for (const size_t job : run.pending(run.size())) {
    if (!has_waited(run.state(job), now) || ++number > kNamed) continue;
    names += (names.empty() ? "" : ", ") + run.job(job).name;
  }
  if (number == 0) return {};
  if (number > kNamed) names += " and " + std::to_string(number - kNamed) + " more";
  return names + (number == 1 ? "   waits" : "   wait") + " for a free slot" +
         (slots == 0 ? "" : " (" + std::to_string(run.running()) + " of " + std::to_string(slots) + " busy)");
}

}  // namespace penstock
