// The loop, simulated from a seed: random plans, random results, people who interfere, a store that fails, and a
// machine that stops between any two steps. However it goes, the run comes to its end, and what was recorded holds.

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "coordinator/testing/flaky_store.h"
#include "coordinator/testing/world.h"
#include "engine/testing/driver.h"

namespace penstock::testing {
namespace {

using Random = std::mt19937;
using How = DriveEnd::How;

const Actor kAlice{"Alice", "alice@example.org", false};

bool chance(Random& random, unsigned percent) { return random() % 100 < percent; }

JobBuilder random_job(Random& random, const std::string& name, const std::string& stage,
                      const std::vector<JobBuilder>& before) {
  JobBuilder builder = job(name, stage);
  if (!before.empty() && chance(random, 40)) {
    std::set<std::string> needs;
    for (unsigned i = 0; i <= random() % 2; ++i) needs.insert(before[random() % before.size()].job.name);
    builder.needs({needs.begin(), needs.end()});
  }
  if (chance(random, 15)) builder.when(chance(random, 50) ? Condition::on_failure : Condition::always);
  if (chance(random, 20)) builder.may_fail();
  if (chance(random, 20)) builder.retry({1, {}, {}});
  if (chance(random, 15)) {
    builder.manual(chance(random, 50));
  } else if (chance(random, 10)) {
    builder.delayed(std::chrono::minutes(5));
  }
  if (chance(random, 25)) builder.resource(chance(random, 50) ? "db" : "net");
  if (chance(random, 15)) builder.environment("staging");
  return builder;
}

std::shared_ptr<Plan> random_plan(Random& random) {
  const std::vector<std::string> stages = {"one", "two", "three"};
  std::vector<JobBuilder> jobs;
  const size_t count = 1 + random() % 9;
  for (size_t i = 0; i < count; ++i) {
    jobs.push_back(random_job(random, "j" + std::to_string(i), stages[i * stages.size() / count], jobs));
  }
  return plan_of(stages, jobs);
}

/// One run's life, across as many processes as it takes.
class Life {
 public:
  Life(World& world, World::Process& witness, unsigned seed, unsigned trouble)
      : world_(world), witness_(witness), random_(seed), trouble_(trouble) {
    run_ = witness_.state.store->create(world.new_run(random_plan(random_))).value().header.id;
  }

  void live() {
    for (int processes = 0; processes < 400; ++processes) {
      if (processes > 60) trouble_ = 0;  // somebody comes at last for whom all goes well
      if (drive_once()) return check_end();
    }
    FAIL() << "the run never ends";
  }

 private:
  FlakyStore::Fate fate() {
    if (random_() % 1000 >= trouble_) return FlakyStore::Fate::well;
    return static_cast<FlakyStore::Fate>(1 + random_() % 3);
  }

  /// True where the run has ended.
  bool drive_once() {
    World::Process process(world_, 1 + static_cast<int>(random_() % 3));
    FlakyStore store(*process.state.store, [this] { return fate(); });
    Coordinator coordinator({store, *process.state.leases, *process.state.logs, process.dispatcher, process.waiter,
                             world_.clock, process.diary});
    process.dispatcher.script = [this](const JobSpec& spec) { return play(spec); };
    process.waiter.meanwhile = [&] { return interfere(coordinator); };
    bool over = false;
    try {
      const Result<DriveEnd> end = coordinator.drive(run_, chance(random_, 70) ? kPatient : Patience());
      over = end.ok() && end->how == How::ended;
      if (end.ok() && end->how == How::parked) unpark(*end);
    } catch (const MachineStopped&) {
    }
    EXPECT_EQ(process.dispatcher.complaints, std::vector<std::string>());
    return over;
  }

  FakeDispatcher::Play play(const JobSpec& spec) {
    EXPECT_TRUE(begun_.insert(spec.id).second) << "attempt " << spec.id << " began in two processes";
    const auto attempt = witness_.state.store->attempt(spec.id).value();
    EXPECT_TRUE(attempt && attempt->job == spec.job && !attempt->result) << spec.job << " began before it was recorded";
    FakeDispatcher::Play play;
    play.takes = Duration(1 + random_() % 5000);
    if (chance(random_, 25)) play.result.outcome = {EndReason::script_failure, 1, {}};
    return play;
  }

  /// What people do while it runs.
  bool interfere(Coordinator& coordinator) {
    if (!chance(random_, 3)) return false;
    const unsigned what = random_() % 6;
    if (what == 0) coordinator.leave();
    if (what == 1) coordinator.cancel(kAlice);
    if (what == 2) coordinator.kill(kAlice);
    if (what > 2) post_something();
    return true;
  }

  void post_something() {
    const Run run = witness_.state.store->load(run_).value().run;
    const std::string job = run.job(random_() % run.size()).name;
    Event event{world_.clock.now(), event::Approved{job, kAlice, {}}};
    if (chance(random_, 30)) event.what = event::RetryRequested{job, kAlice};
    if (std::holds_alternative<event::RetryRequested>(event.what)) retried_.insert(job);
    EXPECT_TRUE(witness_.post(run_, event).ok());
  }

  /// A person comes, or the time.
  void unpark(const DriveEnd& end) {
    const Run run = witness_.state.store->load(run_).value().run;
    EXPECT_TRUE(witness_.state.store->find(run_).value()->summary.parked);
    const std::vector<size_t> gates = run.manual(true);
    if (!gates.empty()) {
      const std::string job = run.job(gates[random_() % gates.size()]).name;
      Event event{world_.clock.now(), event::Approved{job, kAlice, {}}};
      if (chance(random_, 20)) event.what = event::Rejected{job, kAlice, {}};
      EXPECT_TRUE(witness_.post(run_, event).ok());
    }
    if (end.due_at && *end.due_at > world_.clock.now()) world_.clock.advance(*end.due_at - world_.clock.now());
  }

  void check_end() {
    SqliteStore& store = *witness_.state.store;
    const StoredRun stored = store.load(run_).value();
    EXPECT_TRUE(has_ended(stored.header.summary.status));
    EXPECT_EQ(stored.header.summary.status, stored.run.status());
    Run replayed(std::make_shared<const Plan>(stored.run.plan()), stored.run.options());
    const std::vector<Event> events = store.events(run_).value();
    for (const Event& event : events) EXPECT_TRUE(replayed.apply(event).ok());
    EXPECT_EQ(replayed, stored.run) << "the events tell another story than the states";
    EXPECT_TRUE(store.inbox(run_).value().empty());
    EXPECT_TRUE(store.arbiter().value().arbiter.groups().empty()) << "a resource is held for good";
    check_attempts(store.attempts(run_).value(), stored.run);
  }

  void check_attempts(const std::vector<AttemptRecord>& attempts, const Run& run) {
    std::map<std::string, EndReason> last;
    std::map<std::string, int> count;
    for (const AttemptRecord& attempt : attempts) {
      ASSERT_TRUE(attempt.result) << attempt.job << " was lost";
      const auto before = last.find(attempt.job);
      if (before != last.end() && before->second == EndReason::passed) {
        EXPECT_TRUE(retried_.contains(attempt.job)) << attempt.job << " ran again after it had passed";
      }
      last[attempt.job] = attempt.result->outcome.reason;
      EXPECT_EQ(attempt.attempt, ++count[attempt.job]);
    }
    for (size_t i = 0; i < run.size(); ++i) {
      if (run.state(i).status != Status::success) continue;
      EXPECT_EQ(last.at(run.job(i).name), EndReason::passed) << run.job(i).name;
    }
  }

  World& world_;
  World::Process& witness_;
  Random random_;
  unsigned trouble_;  // of 1,000 calls of the store
  int64_t run_ = 0;
  std::set<int64_t> begun_;
  std::set<std::string> retried_;
};

void simulate(unsigned first_seed, unsigned count, unsigned trouble) {
  World world;
  World::Process witness(world);
  const unsigned soak = std::getenv("PENSTOCK_SOAK") != nullptr ? 100 : 1;
  for (unsigned seed = first_seed; seed < first_seed + count * soak; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Life(world, witness, seed, trouble).live();
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(Simulation, EndsWhereAllGoesWell) { simulate(1, 120, 0); }
TEST(Simulation, EndsThoughTheStoreFailsAndTheMachineStops) { simulate(10'001, 120, 30); }
TEST(Simulation, EndsThoughHardlyAnythingWorks) { simulate(20'001, 30, 150); }

}  // namespace
}  // namespace penstock::testing
