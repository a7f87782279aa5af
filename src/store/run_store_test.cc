// What any store promises of runs. SQLite's is the one that there is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "engine/testing/driver.h"
#include "os/files.h"
#include "store/sqlite_store.h"
#include "store/testing/run_steps.h"

namespace penstock::testing {
namespace {

const Actor kAlice{"Alice", "alice@example.org", false};

std::filesystem::path quick_folder() { return ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : ""; }

class RunStoreTest : public ::testing::Test {
 protected:
  os::TempFolder folder_ = os::TempFolder::make(quick_folder()).value();
  std::unique_ptr<SqliteStore> store_ = open();

  std::unique_ptr<SqliteStore> open() { return open_sqlite_store(folder_.path() / "state.db").value(); }
  static NewRun new_run() {
    NewRun run;
    run.at = Instant(Duration(1'700'000'000'123));
    run.plan = plan_of({"build", "test"}, {job("compile", "build"), job("unit", "test").resource("db")});
    run.facts = {
        "release",  ".ci/release.yml", "/home/alice/app",    "c0ffee", "main", "Fix \"it\"", "push", kAlice, true,
        "layers/7", {"unit"},          {7, "start", true, 1}};
    run.options.keep_going = true;
    run.sealed_context = std::string("sealed\0bytes", 12);
    return run;
  }
  RunSteps create() { return RunSteps(store_->create(new_run()).value()); }
  Committed commit(const Transition& transition) {
    Result<Committed> committed = store_->commit(transition);
    EXPECT_TRUE(committed.ok()) << committed.error().message;
    return committed.ok() ? *committed : Committed();
  }
};

TEST_F(RunStoreTest, KeepsAllThatARunWasCreatedWith) {
  const int64_t id = store_->create(new_run()).value().header.id;
  const StoredRun run = open()->load(id).value();
  EXPECT_EQ(run.header.facts, new_run().facts);
  EXPECT_EQ(run.header.created_at, new_run().at);
  EXPECT_EQ(run.header.version, 0);
  EXPECT_EQ(run.run.plan(), *new_run().plan);
  EXPECT_TRUE(run.run.options().keep_going);
  EXPECT_EQ(run.sealed_context, new_run().sealed_context);
}

TEST_F(RunStoreTest, NumbersRunsAndNeverReusesANumber) {
  EXPECT_EQ(store_->create(new_run()).value().header.id, 1);
  EXPECT_EQ(store_->create(new_run()).value().header.id, 2);
  RunSteps last = create();
  commit(last.step(event::Started()));
  commit(last.step(event::JobStarted{"compile"}));
  commit(last.step(event::CancelRequested{{}, kAlice}));
  Transition end = last.step(event::JobFinished{"compile", 1, {}});
  end.ended = {{1, "compile", {}}};
  commit(end);
  ASSERT_TRUE(store_->forget(3).ok());
  EXPECT_FALSE(store_->find(3).value().has_value());
  EXPECT_TRUE(store_->attempts(3).value().empty());
  RunSteps next = create();
  EXPECT_EQ(next.id, 4);
  commit(next.step(event::Started()));
  EXPECT_EQ(commit(next.step(event::JobStarted{"compile"})).attempt_ids, std::vector<int64_t>{2});
}

TEST_F(RunStoreTest, ReadsARunOfOneMomentWhileAnotherConnectionCommits) {
  constexpr int kSteps = 400;
  const RunSteps run = create();
  std::thread writer([&] {
    const std::unique_ptr<SqliteStore> other = open();
    for (int version = 0; version < kSteps; ++version) {
      Transition step;
      step.run = run.id;
      step.expected_version = version;
      JobState state;
      state.attempt = version + 1;
      step.jobs = {{0, state}};
      if (!other->commit(step).ok()) return;
    }
  });
  for (int64_t version = 0; version < kSteps;) {
    const Result<StoredRun> stored = store_->load(run.id);
    if (!stored.ok() || stored->run.state(0).attempt != stored->header.version) {
      ADD_FAILURE() << (stored.ok() ? "read parts of two versions" : stored.error().message);
      break;
    }
    version = stored->header.version;
  }
  writer.join();
  EXPECT_EQ(store_->header(run.id).value()->version, kSteps);
}

TEST_F(RunStoreTest, GivesBackTheRunAsItStands) {
  RunSteps steps = create();
  commit(steps.step(event::Started()));
  commit(steps.step(event::JobStarted{"compile"}));
  EXPECT_EQ(open()->load(1).value().run, steps.run);
  Transition end = steps.step(event::JobFinished{"compile", 1, {}});
  end.ended = {{1, "compile", {}}};
  commit(end);
  EXPECT_EQ(open()->load(1).value().run, steps.run);
  EXPECT_EQ(store_->load(1).value().header.version, 3);
}

TEST_F(RunStoreTest, KeepsJobsThatWereAdded) {
  RunSteps steps = create();
  commit(steps.step(event::Started()));
  commit(steps.step(event::JobsAdded{{"more"}, {job("late", "more").job}}));
  commit(steps.step(event::JobStarted{"compile"}));
  const StoredRun run = open()->load(1).value();
  EXPECT_EQ(run.run.size(), 3u);
  EXPECT_EQ(run.run, steps.run);
}

TEST_F(RunStoreTest, KeepsEventsInOrder) {
  RunSteps steps = create();
  std::vector<Event> events;
  for (const auto& what : std::vector<decltype(Event::what)>{event::Started(), event::JobStarted{"compile"},
                                                             event::CancelRequested{{}, kAlice}}) {
    const Transition transition = steps.step(what);
    commit(transition);
    events.push_back(transition.events[0]);
  }
  EXPECT_EQ(store_->events(1).value(), events);
}

TEST_F(RunStoreTest, RefusesATransitionThatFollowsAnotherVersion) {
  RunSteps steps = create();
  const Transition first = steps.step(event::Started());
  commit(first);
  const Result<Committed> again = store_->commit(first);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().fault, Fault::internal);
  EXPECT_EQ(store_->events(1).value().size(), 1u);
}

TEST_F(RunStoreTest, WritesAllOfATransitionOrNothing) {
  RunSteps steps = create();
  commit(steps.step(event::Started()));
  commit(steps.step(event::JobStarted{"compile"}));
  Transition end = steps.step(event::JobFinished{"compile", 1, {}});
  end.ended = {{99, "compile", {}}};  // no such attempt
  EXPECT_FALSE(store_->commit(end).ok());
  EXPECT_EQ(store_->find(1).value()->version, 2);
  EXPECT_EQ(store_->events(1).value().size(), 2u);
}

TEST_F(RunStoreTest, EndsAnAttemptOnce) {
  RunSteps steps = create();
  commit(steps.step(event::Started()));
  const int64_t id = commit(steps.step(event::JobStarted{"compile"})).attempt_ids.at(0);
  EXPECT_FALSE(store_->last_attempt(1, "compile").value()->result.has_value());
  Transition end = steps.step(event::JobFinished{"compile", 1, {}});
  JobResult result;
  result.log_bytes = 17;
  result.artifacts = {{"archive", "app", sha256("app"), 2, 30, Instant(Duration(5))}};
  end.ended = {{id, "compile", result}};
  commit(end);
  EXPECT_EQ(store_->attempt(id).value()->result, result);
  EXPECT_EQ(store_->attempts(1, "compile").value().size(), 1u);
  ASSERT_EQ(store_->artifacts(1).value().size(), 1u);
  EXPECT_EQ(store_->artifacts(1, "compile").value()[0].artifact, result.artifacts[0]);
  EXPECT_TRUE(store_->artifacts(1, "unit").value().empty());
  Transition again = steps.step(event::JobStarted{"unit"});
  again.ended = end.ended;
  EXPECT_FALSE(store_->commit(again).ok());
}

TEST_F(RunStoreTest, PassesEventsToTheDriver) {
  RunSteps steps = create();
  EXPECT_FALSE(store_->post(77, {Event()}).ok());
  const Event approval{Instant(Duration(7)), event::Approved{"unit", kAlice, "go"}};
  const Event second{Instant(Duration(7)), event::Approved{"lint", kAlice, "go"}};
  ASSERT_TRUE(open()->post(1, {approval, second}).ok());
  const std::vector<Posted> inbox = store_->inbox(1).value();
  ASSERT_EQ(inbox.size(), 2u);
  EXPECT_EQ(inbox[0].event, approval);
  EXPECT_EQ(inbox[1].event, second);
  Transition first = steps.step(event::Started());
  first.inbox_taken = {inbox[0].id, inbox[1].id};
  first.posts = {{1, approval}, {1, approval}};
  commit(first);
  EXPECT_EQ(store_->inbox(1).value().size(), 2u);
}

TEST_F(RunStoreTest, SpansTheArbiterInOneTransaction) {
  RunSteps steps = create();
  ArbiterState mine = store_->arbiter().value();
  ArbiterState other = mine;
  mine.arbiter.apply(arbiter_event::Requested{{1, "unit"}, "db"});
  other.arbiter.apply(arbiter_event::Requested{{2, "unit"}, "db"});
  EXPECT_TRUE(*open()->change_arbiter(other, {}));
  Transition first = steps.step(event::Started());
  first.arbiter = mine;
  EXPECT_TRUE(commit(first).arbiter_moved);
  EXPECT_EQ(store_->find(1).value()->version, 0) << "nothing was written";
  first.arbiter = store_->arbiter().value();
  first.arbiter->arbiter.apply(arbiter_event::Requested{{1, "unit"}, "db"});
  EXPECT_FALSE(commit(first).arbiter_moved);
  EXPECT_EQ(store_->arbiter().value().arbiter.groups().at("db").waiting, (std::vector<Claim>{{1, "unit"}}));
  EXPECT_FALSE(*store_->change_arbiter(mine, {}));
}

TEST_F(RunStoreTest, ListsRuns) {
  for (int i = 0; i < 5; ++i) create();
  const auto ids = [](const std::vector<RunHeader>& headers) {
    std::vector<int64_t> numbers;
    for (const RunHeader& header : headers) numbers.push_back(header.id);
    return numbers;
  };
  EXPECT_EQ(ids(store_->list(2).value()), (std::vector<int64_t>{5, 4}));
  EXPECT_EQ(ids(store_->list(2, 4).value()), (std::vector<int64_t>{3, 2}));
  EXPECT_EQ(store_->newest().value()->id, 5);
  RunSteps third(store_->load(3).value());
  Transition parked = third.step(event::Started());
  parked.summary = {Status::running, true, true, Instant(Duration(1)), {}, Instant(Duration(50)), "test", "unit", 2};
  commit(parked);
  EXPECT_EQ(store_->find(3).value()->summary, parked.summary);
  EXPECT_EQ(ids(store_->playable().value()),
            (std::vector<int64_t>{5, 4, 3, 2, 1}));  // a run that goes on may get to a gate
  EXPECT_EQ(ids(store_->due(Instant(Duration(49))).value()), std::vector<int64_t>());
  EXPECT_EQ(ids(store_->due(Instant(Duration(50))).value()), std::vector<int64_t>{3});
  Transition over = third.step(event::CancelRequested{{}, kAlice});
  over.summary.manual_left = 2;
  commit(over);
  EXPECT_EQ(ids(store_->playable().value()), (std::vector<int64_t>{5, 4, 3, 2, 1}))
      << "and 3, which has manual jobs left";
  RunSteps fourth(store_->load(4).value());
  Transition begun = fourth.step(event::Started());
  commit(begun);
  Transition done = fourth.step(event::CancelRequested{{}, kAlice});
  commit(done);
  EXPECT_EQ(ids(store_->playable().value()), (std::vector<int64_t>{5, 3, 2, 1}));
  EXPECT_EQ(ids(store_->open_runs().value()), (std::vector<int64_t>{5, 2, 1}));
  EXPECT_EQ(ids(store_->due(Instant(Duration(99))).value()), std::vector<int64_t>());
}

TEST_F(RunStoreTest, KnowsTheChildrenOfARunUntilTheyAreForgotten) {
  const auto child_of = [&](int64_t parent) {
    NewRun run = new_run();
    run.facts.parent = {parent, "start", false, 1};
    return store_->create(run).value().header.id;
  };
  const int64_t parent = child_of(0);
  const int64_t one = child_of(parent);
  const int64_t two = child_of(parent);
  child_of(two);
  std::vector<RunHeader> children = store_->children(parent).value();
  ASSERT_EQ(children.size(), 2u);
  EXPECT_EQ(children[0].id, two);
  EXPECT_EQ(children[1].facts.parent.job, "start");
  RunSteps steps(store_->load(one).value());
  commit(steps.step(event::Started()));
  commit(steps.step(event::CancelRequested{{}, kAlice}));
  ASSERT_TRUE(store_->forget(one).ok());
  EXPECT_EQ(store_->children(parent).value().size(), 1u);
}

TEST_F(RunStoreTest, RemembersCachesByTheFirstKeyThatHasOne) {
  EXPECT_FALSE(store_->find_cache({"a", "b"}).value().has_value());
  const CacheRecord old{"b", sha256("old"), Instant(Duration(1))};
  const CacheRecord fresh{"b", sha256("fresh"), Instant(Duration(2))};
  ASSERT_TRUE(store_->keep_cache(old).ok());
  ASSERT_TRUE(store_->keep_cache(fresh).ok());
  EXPECT_EQ(store_->find_cache({"a", "b"}).value(), fresh);
  EXPECT_EQ(open()->all_caches().value(), std::vector<CacheRecord>{fresh});
  ASSERT_TRUE(store_->drop_cache("b").ok());
  EXPECT_TRUE(store_->all_caches().value().empty());
}

TEST_F(RunStoreTest, RemembersWhatWasDoneToEnvironments) {
  RunSteps steps = create();
  EnvironmentRecord record{"prod/eu", "start",  1,          0,
                           "compile", "c0ffee", "http://x", Instant(Duration(3)),
                           kAlice,    "go",     true,       {sha256("app")}};
  Transition first = steps.step(event::Started());
  first.environments = {record};
  commit(first);
  EXPECT_EQ(store_->environments().value(), std::vector<std::string>{"prod/eu"});
  EXPECT_EQ(store_->history("prod/eu", 5).value(), std::vector<EnvironmentRecord>{record});
  EXPECT_TRUE(store_->history("staging", 5).value().empty());
  EXPECT_THAT(store_->history_after("prod/eu", 0, 5).value(), ::testing::ElementsAre(std::pair(int64_t{1}, record)));
  EXPECT_TRUE(store_->history_after("prod/eu", 1, 5).value().empty());
}

TEST_F(RunStoreTest, SaysWhatIsWrongWithAFileThatIsNoDatabase) {
  ASSERT_TRUE(os::write_atomically(folder_.path() / "junk.db", std::string(8192, 'x')).ok());
  const auto junk = open_sqlite_store(folder_.path() / "junk.db");
  ASSERT_FALSE(junk.ok());
  EXPECT_NE(junk.error().message.find("junk.db"), std::string::npos) << junk.error().message;
  EXPECT_FALSE(junk.error().help.empty());
}

TEST_F(RunStoreTest, IsMadeByOneOfManyWhoOpenItFirst) {
  constexpr int kOpeners = 6;
  const std::filesystem::path file = folder_.path() / "fresh.db";
  int gate[2];
  ASSERT_EQ(::pipe(gate), 0);
  for (int i = 0; i < kOpeners; ++i) {
    if (::fork() != 0) continue;
    ::close(gate[1]);
    char byte = 0;
    (void)!::read(gate[0], &byte, 1);  // all go when the gate's other end is closed
    ::_exit(open_sqlite_store(file).ok() ? 0 : 1);
  }
  ::close(gate[0]);
  ::close(gate[1]);
  for (int i = 0; i < kOpeners; ++i) {
    int status = -1;
    ::wait(&status);
    EXPECT_EQ(status, 0);
  }
}

TEST_F(RunStoreTest, StandsTwoProcessesAtOnce) {
  store_.reset();
  constexpr int kEach = 40;
  const auto work = [this](int salt) {
    const std::unique_ptr<SqliteStore> store = open();
    for (int i = 0; i < kEach; ++i) {
      Result<StoredRun> run = store->create(new_run());
      if (!run.ok()) return false;
      RunSteps steps(*std::move(run));
      if (!store->commit(steps.step(event::Started())).ok()) return false;
      if (!store->commit(steps.step(event::JobStarted{"compile"})).ok()) return false;
      if (!store->keep_cache({"key", sha256(std::to_string(salt + i)), steps.now}).ok()) return false;
    }
    return true;
  };
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work(1000) ? 0 : 1);
  EXPECT_TRUE(work(2000));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  store_ = open();
  EXPECT_EQ(store_->newest().value()->id, 2 * kEach);
  std::set<int64_t> attempts;
  for (int64_t run = 1; run <= 2 * kEach; ++run) {
    EXPECT_EQ(store_->find(run).value()->version, 2);
    const std::vector<AttemptRecord> of_run = store_->attempts(run).value();
    for (const AttemptRecord& attempt : of_run) attempts.insert(attempt.id);
  }
  EXPECT_EQ(attempts.size(), 2u * kEach);
}

}  // namespace
}  // namespace penstock::testing
