#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "engine/run.h"
#include "plan/plan.h"

namespace penstock::testing {

/// What becomes of jobs, a second time: written from GitLab's manual (doc/ci/yaml: `needs`, `when`, `allow_failure`;
/// doc/ci/jobs/job_control: manual jobs) and nothing else, as simple as can be. It looks at everything again whenever
/// something happened.
class NaiveRun {
 public:
  enum class Fate { undecided, under_way, manual, passed, warned, failed, canceled, skipped };

  explicit NaiveRun(const Plan& plan) : plan_(&plan), fates_(plan.jobs.size(), Fate::undecided) { decide_all(); }

  void end(size_t job, Fate fate) {
    fates_[job] = fate;
    decide_all();
  }

  /// "If you play a manual job, jobs that were skipped because of it are processed again."
  void play(size_t job) {
    fates_[job] = Fate::under_way;
    std::vector<size_t> reopened = {job};
    for (size_t next = 0; next < reopened.size(); ++next)
      for (size_t other = 0; other < fates_.size(); ++other)
        if (fates_[other] == Fate::skipped && comes_after(other, reopened[next])) {
          fates_[other] = Fate::undecided;
          reopened.push_back(other);
        }
    decide_all();
  }

  [[nodiscard]] Fate fate(size_t job) const { return fates_[job]; }

  /// Of a pipeline in which nothing is under way.
  [[nodiscard]] Status status() const {
    const auto any = [&](Fate fate) { return std::count(fates_.begin(), fates_.end(), fate) != 0; };
    for (size_t job = 0; job < fates_.size(); ++job)
      if (fates_[job] == Fate::manual && !is_optional(job)) return Status::manual;  // "the pipeline is blocked"
    if (any(Fate::failed)) return Status::failed;
    if (any(Fate::canceled)) return Status::canceled;
    return any(Fate::passed) || any(Fate::warned) ? Status::success : Status::skipped;
  }

  /// How the engine's words map on these.
  static Fate fate_of(const JobState& state) {
    switch (state.status) {
      case Status::created:
        return Fate::undecided;
      case Status::manual:
        return Fate::manual;
      case Status::success:
        return Fate::passed;
      case Status::failed:
        return state.warning ? Fate::warned : Fate::failed;
      case Status::canceled:
        return state.warning ? Fate::warned : Fate::canceled;
      case Status::skipped:
        return Fate::skipped;
      default:
        return Fate::under_way;
    }
  }

 private:
  [[nodiscard]] bool is_optional(size_t job) const { return plan_->jobs[job].allow_failure.always; }

  [[nodiscard]] size_t stage_of(size_t job) const {
    return static_cast<size_t>(std::find(plan_->stages.begin(), plan_->stages.end(), plan_->jobs[job].stage) -
                               plan_->stages.begin());
  }

  /// "A job with needs starts when those finish, without regard to stages"; others "when all jobs of earlier stages
  /// have ended".
  [[nodiscard]] bool comes_after(size_t job, size_t earlier) const {
    const auto& needs = plan_->jobs[job].needs;
    if (!needs) return stage_of(earlier) < stage_of(job);
    return std::any_of(needs->begin(), needs->end(),
                       [&](const Need& need) { return need.job == plan_->jobs[earlier].name; });
  }

  [[nodiscard]] Fate decide(size_t job) const {
    const Job& described = plan_->jobs[job];
    int open = 0;
    int failed = 0;
    int canceled = 0;
    int never_run = 0;
    for (size_t other = 0; other < fates_.size(); ++other) {
      if (!comes_after(job, other)) continue;
      const Fate fate = fates_[other];
      const bool passed_over = fate == Fate::manual && is_optional(other);  // "does not block the pipeline"
      open += fate == Fate::undecided || fate == Fate::under_way || (fate == Fate::manual && !passed_over);
      failed += fate == Fate::failed;
      canceled += fate == Fate::canceled;
      never_run += fate == Fate::skipped || passed_over;
    }
    const bool always = described.condition == Condition::always;
    if (described.needs && never_run > 0 && !always) return Fate::skipped;
    if (open > 0) return Fate::undecided;
    const bool holds = always || (described.condition == Condition::on_failure ? failed > 0 : failed + canceled == 0);
    if (!holds) return Fate::skipped;
    return described.gate.kind == Gate::Kind::manual ? Fate::manual : Fate::under_way;
  }

  void decide_all() {
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t job = 0; job < fates_.size(); ++job) {
        if (fates_[job] != Fate::undecided) continue;
        fates_[job] = decide(job);
        changed |= fates_[job] != Fate::undecided;
      }
    }
  }

  const Plan* plan_;
  std::vector<Fate> fates_;
};

}  // namespace penstock::testing
