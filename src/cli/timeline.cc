#include "cli/timeline.h"

#include <algorithm>
#include <optional>

#include "base/text_width.h"
#include "cli/environment_facts.h"
#include "cli/run_model.h"
#include "cli/stage_facts.h"
#include "cli/when.h"

namespace penstock {
namespace {

constexpr size_t kRollouts = 1'000;

std::string said(const Actor& by, const std::string& message) {
  return (by.name.empty() ? "" : " by " + by.name) + (message.empty() ? "" : " \"" + message + "\"");
}

/// Gathers the lines of one release.
class Story {
 public:
  Story(Project& project, const Release& release) : project_(project), release_(release) {}

  Result<std::vector<TimelineLine>> tell() {
    tell_commit();
    PENSTOCK_CHECK(tell_run());
    PENSTOCK_TRY(const std::vector<std::string> environments, project_.store().journals());
    PENSTOCK_TRY(rollouts_, project_.store().rollouts("", kRollouts));
    std::erase_if(rollouts_, [this](const RolloutRecord& one) { return one.facts.release != release_.id; });
    PENSTOCK_TRY(const std::vector<TimelineLine> steps, steps_of_rollouts());
    for (const std::string& environment : environments) PENSTOCK_CHECK(tell_environment(environment));
    lines_.insert(lines_.end(), steps.begin(), steps.end());
    std::stable_sort(lines_.begin(), lines_.end(),
                     [](const TimelineLine& a, const TimelineLine& b) { return a.at < b.at; });
    return std::move(lines_);
  }

 private:
  void add(Instant at, std::string text) { lines_.push_back({at, std::move(text)}); }

  void tell_commit() {
    std::string text = release_.commit.substr(0, 7);
    if (!release_.subject.empty()) text += " \"" + release_.subject + "\"";
    Instant at = release_.committed_at;
    const auto commit = project_.repository.commit(release_.commit);
    const bool is_merge = commit && commit->parents.size() > 1;
    if (commit) at = commit->committer.time;
    if (at == Instant()) return;
    text += is_merge ? " merged" : " committed";
    if (!release_.ref.empty()) text += " to " + release_.ref;
    const std::string author = release_.author.substr(0, release_.author.find(" <"));
    add(at, author.empty() ? text : text + " by " + author);
  }

  Result<> tell_run() {
    if (release_.run == 0) return success();
    PENSTOCK_TRY(const std::optional<RunHeader> header, project_.store().find(release_.run));
    if (!header || header->facts.commit != release_.commit) return success();  // it was cleaned away
    PENSTOCK_TRY(const StoredRun run, project_.store().load(release_.run));
    PENSTOCK_TRY(const JobResults results, results_of(project_, run));
    add(header->created_at, "run " + std::to_string(header->id) + " began" + said(header->facts.who, {}));
    for (const auto& [stage, jobs] : jobs_by_stage(run.run)) tell_stage(run.run, stage, jobs, results);
    PENSTOCK_TRY(const std::vector<Event> events, project_.store().events(release_.run));
    for (const Event& event : events) {
      const auto* approved = std::get_if<event::Approved>(&event.what);
      if (approved == nullptr) continue;
      by_hand_ = true;
      add(event.at, approved->job + " approved" + said(approved->by, approved->message));
    }
    return success();
  }

  /// When its last job ended, and what it has to say. Deployments tell more themselves.
  void tell_stage(const Run& run, const std::string& stage, const std::vector<size_t>& jobs,
                  const JobResults& results) {
    std::optional<Instant> ended;
    for (const size_t job : jobs) {
      if (run.job(job).rollout) return;
      const std::optional<Instant>& at = run.state(job).ended_at;
      if (at && (!ended || *at > *ended)) ended = at;
    }
    if (!ended || !has_ended(run.stage_status(stage))) return;
    const std::string facts = stage_facts(run, jobs, results, *ended);
    const bool passed = run.stage_status(stage) == Status::success;
    add(*ended,
        stage + ": " + (facts.empty() ? (passed ? "passed" : std::string(name_of(run.stage_status(stage)))) : facts));
  }

  Result<> tell_environment(const std::string& environment) {
    PENSTOCK_TRY(const std::vector<JournalEntry> entries, known_journal(project_, environment));
    for (const JournalEntry& entry : entries) {
      if (entry.release == release_.id) tell_entry(environment, entry);
    }
    return success();
  }

  void tell_entry(const std::string& environment, const JournalEntry& entry) {
    using What = JournalEntry::What;
    switch (entry.what) {
      case What::approved:
        by_hand_ = true;
        return add(entry.at, environment + " approved" + said(entry.by, entry.message));
      case What::rejected:
        return add(entry.at, environment + " refused" + said(entry.by, entry.message));
      case What::started:
        return add(entry.at, "rollout to " + environment + " began" + said(entry.by, {}));
      case What::promoted:
        return add(entry.at, "live in " + environment + since_commit(entry.at) +
                                 (by_hand_ || !asked_by_run(environment, entry) ? "" : ", with no human in the loop"));
      case What::taken_back:
        return add(entry.at, "taken back from " + environment + (entry.message.empty() ? "" : ": " + entry.message));
      case What::rolled_back:
        return add(entry.at, environment + " rolled back to it" + said(entry.by, entry.message));
      case What::incident_opened:
        return add(entry.at, "incident " + std::to_string(entry.number) + " in " + environment +
                                 (entry.message.empty() ? "" : ": " + entry.message));
      case What::incident_closed:
        return add(entry.at, "incident " + std::to_string(entry.incident) + " over" +
                                 (entry.message.empty() ? "" : ": " + entry.message));
      case What::asked:
        return add(entry.at, environment + " waits for approval");
      case What::pinned:
      case What::unpinned:
      case What::withdrawn:
        return;
    }
  }

  /// A run's job asked for its rollout, as far as it is known here.
  [[nodiscard]] bool asked_by_run(const std::string& environment, const JournalEntry& entry) const {
    return std::any_of(rollouts_.begin(), rollouts_.end(), [&](const RolloutRecord& one) {
      return one.facts.run != 0 && one.facts.environment == environment &&
             entry.rollout.starts_with(std::to_string(one.id) + "@");
    });
  }

  [[nodiscard]] std::string since_commit(Instant at) const {
    if (release_.committed_at == Instant() || at < release_.committed_at) return {};
    return ", " + to_words(at - release_.committed_at) + " after its commit";
  }

  /// Steps, shifts of traffic and who steered, of rollouts that this machine drove.
  Result<std::vector<TimelineLine>> steps_of_rollouts() {
    std::vector<TimelineLine> steps;
    for (const RolloutRecord& rollout : rollouts_) {
      PENSTOCK_TRY(const std::vector<RolloutLine> lines, project_.store().lines(rollout.id));
      for (const RolloutLine& line : lines) {
        const bool is_step = line.text.starts_with("step ") || line.text.starts_with("traffic");
        const bool is_steered = line.text.starts_with("continued by ") || line.text.starts_with("promoted by ");
        by_hand_ = by_hand_ || is_steered;
        if (is_step || is_steered) steps.push_back({line.at, rollout.facts.environment + " " + line.text});
      }
    }
    return steps;
  }

  Project& project_;
  const Release& release_;
  std::vector<RolloutRecord> rollouts_;  ///< Of this release, from here.
  bool by_hand_ = false;
  std::vector<TimelineLine> lines_;
};

}  // namespace

Result<std::vector<TimelineLine>> timeline_of(Project& project, const Release& release) {
  return Story(project, release).tell();
}

std::string timeline_text(const std::vector<TimelineLine>& lines, const Style& style) {
  std::string text;
  std::string day;
  for (const TimelineLine& line : lines) {
    const std::string its = to_day(line.at);
    if (its != day) text += "  " + style.dim(its) + "\n";
    day = its;
    text += "  " + to_clock(line.at, true) + "  " + printable(line.text) + "\n";
  }
  return text;
}

}  // namespace penstock
