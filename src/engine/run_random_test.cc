#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/json.h"
#include "engine/run.h"
#include "engine/testing/driver.h"
#include "engine/testing/naive.h"
#include "engine/testing/random_plan.h"

// Random plans under random schedules: people who approve, refuse, cancel and repeat at any moment, drivers that die,
// clocks that jump, jobs that join. What must hold whatever happens is written down as functions of Schedule.
namespace penstock {
namespace {

using testing::NaiveRun;
using testing::Random;
using testing::random_job;
using testing::random_plan;
using testing::Wildness;

/// One run driven by chance, checked after every event.
class Schedule {
 public:
  Schedule(uint64_t seed, Wildness wildness)
      : random_(seed), wildness_(wildness), plan_(random_plan(random_, wildness)), run_(plan_, options()) {
    if (wildness == Wildness::plain) naive_.emplace(*plan_);
  }

  void play() {
    statuses_.assign(run_.size(), Status::created);
    apply(event::Started{});
    for (size_t step = 0; step < 60 && !::testing::Test::HasFailure(); ++step) {
      if (run_.is_parked() && !anyone_can_act()) break;
      if (!random_event()) continue;
      if (random_.one_in(16)) restored_run_is_the_same();
    }
    if (::testing::Test::HasFailure()) return;
    bring_to_an_end();
    every_job_ended_or_waits_for_someone_named();
    replaying_the_events_gives_the_same_run();
  }

  uint64_t events() const { return events_.size(); }

 private:
  RunOptions options() { return {wildness_ == Wildness::wild && random_.one_in(4)}; }

  bool apply(decltype(Event::what) what) {
    now_ += Duration(1);
    Event event{now_, std::move(what)};
    auto result = run_.apply(event);
    if (!result.ok()) return false;
    events_.push_back(std::move(event));
    commands_.push_back(std::move(*result));
    obey(commands_.back());
    jobs_become_ready_only_after_those_that_they_wait_for();
    a_resource_group_has_one_user();
    the_queues_are_what_the_states_say();
    the_run_has_ended_when_it_says_so();
    if (naive_) the_naive_model_agrees();
    return true;
  }

  /// Plays the arbiter for this one run.
  void obey(const std::vector<Command>& commands) {
    for (const Command& command : commands) {
      if (const auto* request = std::get_if<command::RequestResource>(&command))
        asked_.push_back({request->job, request->group});
      if (const auto* release = std::get_if<command::ReleaseResource>(&command)) {
        std::erase(asked_, std::pair(release->job, release->group));
        held_.erase({release->group, release->job});
      }
    }
  }

  bool grant() {
    for (const auto& [job, group] : asked_) {
      const auto holder = held_.lower_bound({group, ""});
      if (holder != held_.end() && holder->first == group) continue;
      const auto claim = std::pair(group, job);
      held_.insert(claim);
      asked_.erase(std::find(asked_.begin(), asked_.end(), std::pair(claim.second, claim.first)));
      EXPECT_TRUE(apply(event::ResourceGranted{claim.second}));
      return true;
    }
    return false;
  }

  size_t any_job() { return random_.below(run_.size()); }
  const std::string& name(size_t job) const { return run_.job(job).name; }

  bool start() {
    const auto pending = run_.pending();
    return !pending.empty() && apply(event::JobStarted{name(random_.of(pending))});
  }

  JobOutcome random_outcome() {
    if (random_.one_in(2)) return {};
    if (wildness_ == Wildness::wild && random_.one_in(4)) return {EndReason::out_of_memory, {}, {}};
    return {EndReason::script_failure, random_.one_in(3) ? 7 : 1, {}};
  }

  bool end() {
    std::vector<size_t> under_way;
    for (size_t i = 0; i < run_.size(); ++i)
      if (run_.state(i).status == Status::running || run_.state(i).status == Status::canceling) under_way.push_back(i);
    if (under_way.empty()) return false;
    const size_t job = random_.of(under_way);
    const int attempt = run_.state(job).attempt;
    if (wildness_ == Wildness::wild && random_.one_in(8)) return apply(event::JobLost{name(job), attempt});
    const JobOutcome outcome = random_outcome();
    if (naive_) expected_end_ = {job, outcome};
    return apply(event::JobFinished{name(job), attempt, outcome});
  }

  bool open_gate() {
    const auto manual = run_.manual(false);
    if (manual.empty()) return false;
    const size_t job = random_.of(manual);
    if (wildness_ == Wildness::wild && random_.one_in(4)) return apply(event::Rejected{name(job), person_, {}});
    expected_play_ = job;
    return apply(event::Approved{name(job), person_, {}});
  }

  bool random_event() {
    switch (random_.below(wildness_ == Wildness::wild ? 16 : 10)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return start() || grant();
      case 4:
      case 5:
      case 6:
      case 7:
        return end() || start();
      case 8:
        return open_gate();
      case 9: {
        if (naive_ && !random_.one_in(3)) return false;
        const size_t job = any_job();
        expected_cancel_ = job;
        const bool taken = apply(event::CancelRequested{name(job), person_});
        expected_cancel_.reset();
        return taken;
      }
      case 10:
      case 11:
        return grant();
      case 12:
        now_ += Duration(25);
        return apply(event::TimeReached{});
      case 13:
        return random_.one_in(3) && apply(event::RetryRequested{name(any_job()), person_});
      case 14:
        return random_.one_in(6) && apply(event::RetryRequested{{}, person_});
      default:
        return random_.one_in(6) && (random_.one_in(2) ? add_jobs() : apply(event::CancelRequested{{}, person_}));
    }
  }

  bool add_jobs() {
    if (run_.size() > 12) return false;
    event::JobsAdded added;
    if (random_.one_in(2)) added.stages.push_back("late" + std::to_string(run_.size()));
    std::vector<Job> before;
    for (size_t i = 0; i < run_.size(); ++i) before.push_back(run_.job(i));
    const std::string stage = added.stages.empty() ? before.back().stage : added.stages.back();
    if (added.stages.empty()) std::erase_if(before, [&](const Job& job) { return job.stage != stage; });
    for (int i = 0; i < 2; ++i) {
      added.jobs.push_back(random_job(random_, wildness_, before, stage, run_.size() + static_cast<size_t>(i)));
      before.push_back(added.jobs.back());
    }
    return apply(added);
  }

  bool anyone_can_act() {
    return run_.next_due() || !asked_.empty() || !run_.manual(false).empty() || wildness_ == Wildness::wild;
  }

  void bring_to_an_end() {
    for (int step = 0; step < 1000 && !::testing::Test::HasFailure(); ++step) {
      if (grant() || start() || end()) continue;
      if (!run_.next_due()) return;
      now_ = *run_.next_due();
      apply(event::TimeReached{});
    }
    ADD_FAILURE() << "the run does not come to rest";
  }

  // Invariants.

  static bool is_open(const Run& run, size_t job) {
    const Status status = run.state(job).status;
    return !has_ended(status) && !(status == Status::manual && run.job(job).allow_failure.always);
  }

  bool waits_for(size_t job, size_t other) const {
    const auto& needs = run_.job(job).needs;
    if (!needs) return stage_number(other) < stage_number(job);
    return std::any_of(needs->begin(), needs->end(), [&](const Need& need) { return need.job == name(other); });
  }

  size_t stage_number(size_t job) const {
    const std::string& stage = run_.job(job).stage;
    const auto& stages = plan_->stages;
    const auto found = std::find(stages.begin(), stages.end(), stage);
    if (found != stages.end()) return static_cast<size_t>(found - stages.begin());
    return 100 + std::stoul(stage.substr(4));  // of a stage that was added
  }

  void jobs_become_ready_only_after_those_that_they_wait_for() {
    statuses_.resize(run_.size(), Status::created);
    for (size_t i = 0; i < run_.size(); ++i) {
      const Status before = std::exchange(statuses_[i], run_.state(i).status);
      if (before != Status::created || run_.state(i).status == Status::created || has_ended(run_.state(i).status))
        continue;
      for (size_t other = 0; other < run_.size(); ++other)
        EXPECT_FALSE(waits_for(i, other) && is_open(run_, other))
            << name(i) << " is ready before " << name(other) << " ended";
    }
  }

  void a_resource_group_has_one_user() {
    std::set<std::string> used;
    for (size_t i = 0; i < run_.size(); ++i) {
      const Status status = run_.state(i).status;
      const bool holds = status == Status::pending || status == Status::running || status == Status::canceling;
      if (!holds || !run_.job(i).resource_group) continue;
      EXPECT_TRUE(used.insert(run_.job(i).resource_group->name).second) << name(i);
      EXPECT_TRUE(held_.contains({run_.job(i).resource_group->name, name(i)})) << name(i);
    }
    EXPECT_LE(held_.size(), used.size()) << "a group is held by nobody who needs it";
  }

  void the_queues_are_what_the_states_say() {
    size_t pending = 0;
    size_t running = 0;
    std::vector<size_t> manual;
    std::optional<Instant> due;
    bool warnings = false;
    for (size_t i = 0; i < run_.size(); ++i) {
      const JobState& state = run_.state(i);
      pending += state.status == Status::pending;
      running += state.status == Status::running || state.status == Status::canceling;
      warnings |= state.warning;
      if (state.status == Status::manual) manual.push_back(i);
      if (state.status == Status::scheduled && (!due || *state.due_at < *due)) due = state.due_at;
    }
    EXPECT_EQ(run_.pending().size(), pending);
    EXPECT_EQ(run_.running(), running);
    EXPECT_EQ(run_.manual(false), manual);
    EXPECT_EQ(run_.next_due(), due);
    EXPECT_EQ(run_.has_warnings(), warnings);
    EXPECT_EQ(run_.is_parked(), pending + running == 0);
  }

  /// It says so by its last command, and then nothing of it is under way.
  void the_run_has_ended_when_it_says_so() {
    const auto& commands = commands_.back();
    const auto* ended = commands.empty() ? nullptr : std::get_if<command::RunEnded>(&commands.back());
    if (ended) {
      EXPECT_EQ(ended->status, run_.status());
    }
    if (!has_ended(run_.status())) {
      EXPECT_EQ(ended, nullptr);
      return;
    }
    for (size_t i = 0; i < run_.size(); ++i) EXPECT_FALSE(is_open(run_, i)) << name(i);
  }

  void the_naive_model_agrees() {
    if (expected_end_) {
      const auto [job, outcome] = *std::exchange(expected_end_, std::nullopt);
      naive_->end(job, NaiveRun::fate_of(run_.state(job)));
    }
    if (const auto job = std::exchange(expected_play_, std::nullopt)) naive_->play(*job);
    if (expected_cancel_ && has_ended(run_.state(*expected_cancel_).status))
      naive_->end(*expected_cancel_, NaiveRun::fate_of(run_.state(*expected_cancel_)));
    for (size_t i = 0; i < run_.size(); ++i) EXPECT_EQ(NaiveRun::fate_of(run_.state(i)), naive_->fate(i)) << name(i);
    if (run_.is_parked()) {
      EXPECT_EQ(run_.status(), naive_->status());
    }
  }

  void every_job_ended_or_waits_for_someone_named() {
    for (size_t i = 0; i < run_.size(); ++i) {
      const Status status = run_.state(i).status;
      if (has_ended(status) || status == Status::manual) continue;
      ASSERT_EQ(status, Status::created) << name(i);
      bool named = false;
      const auto lines = run_.explain(i);
      for (size_t other = 0; other < run_.size(); ++other) {
        if (!waits_for(i, other) || !is_open(run_, other)) continue;
        for (const std::string& line : lines) named |= line.find("`" + name(other) + "`") != std::string::npos;
      }
      EXPECT_TRUE(named) << name(i) << " waits for nobody";
    }
  }

  void restored_run_is_the_same() {
    std::vector<JobState> states;
    for (size_t i = 0; i < run_.size(); ++i) states.push_back(*job_state_from_json(to_json(run_.state(i))));
    auto restored = Run::restore(plan_, run_.options(), run_.added(), *run_record_from_json(to_json(run_.record())),
                                 std::move(states));
    ASSERT_TRUE(restored.ok()) << restored.error().message;
    EXPECT_EQ(*restored, run_);
    for (const std::string& stage : plan_->stages)
      EXPECT_EQ(restored->stage_status(stage), run_.stage_status(stage)) << stage;
    EXPECT_EQ(restored->pending(), run_.pending());
    run_ = std::move(*restored);  // and goes on as the one that was never stored, see the replay
  }

  void replaying_the_events_gives_the_same_run() {
    Run again(plan_, run_.options());
    for (size_t i = 0; i < events_.size(); ++i) {
      const auto result = again.apply(events_[i]);
      ASSERT_TRUE(result.ok()) << result.error().message;
      ASSERT_EQ(*result, commands_[i]) << "event " << i;
    }
    EXPECT_EQ(again, run_);
  }

  Random random_;
  Wildness wildness_;
  std::shared_ptr<Plan> plan_;
  Run run_;
  std::optional<NaiveRun> naive_;
  std::optional<std::pair<size_t, JobOutcome>> expected_end_;
  std::optional<size_t> expected_play_;
  std::optional<size_t> expected_cancel_;
  Instant now_{};
  Actor person_{"Alice", {}, false};
  std::vector<Event> events_;
  std::vector<std::vector<Command>> commands_;
  std::vector<Status> statuses_;
  std::vector<std::pair<std::string, std::string>> asked_;  // job and group, in order
  std::set<std::pair<std::string, std::string>> held_;      // group and job
};

void play_many(Wildness wildness) {
  // The release build's tests are the full ones; under a sanitizer a sample is enough. Either is longer in a soak.
  const bool full = std::getenv("PENSTOCK_FULL") != nullptr;
  const uint64_t usual = full ? 50'000 : 2'000;
  const uint64_t runs = std::getenv("PENSTOCK_SOAK") ? usual * 40 : usual;
  const char* given = std::getenv("PENSTOCK_SEED");
  const uint64_t first = given ? std::strtoull(given, nullptr, 10) : 1;
  uint64_t events = 0;
  for (uint64_t seed = first; seed < first + (given ? 1 : runs); ++seed) {
    Schedule schedule(seed, wildness);
    schedule.play();
    events += schedule.events();
    ASSERT_FALSE(::testing::Test::HasFailure()) << "PENSTOCK_SEED=" << seed;
  }
  std::printf("engine: %llu random runs, %llu events\n", static_cast<unsigned long long>(given ? 1 : runs),
              static_cast<unsigned long long>(events));
}

TEST(RunRandom, WhatTheNaiveModelKnowsHappensAsItSays) { play_many(Wildness::plain); }
TEST(RunRandom, NothingThatPeopleAndMachinesDoBreaksARun) { play_many(Wildness::wild); }

}  // namespace
}  // namespace penstock
