// What a loss of power leaves of the state database.

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

#include "engine/testing/driver.h"
#include "os/files.h"
#include "store/sqlite_store.h"
#include "store/testing/power_cut_vfs.h"
#include "store/testing/run_steps.h"

namespace penstock::testing {
namespace {

std::filesystem::path quick_folder() { return std::filesystem::exists("/dev/shm") ? "/dev/shm" : ""; }

NewRun new_run() {
  NewRun run;
  run.plan = plan_of({"test"}, {job("a", "test"), job("b", "test").needs({"a"}), job("c", "test").needs({"b"})});
  run.sealed_context = std::string(5000, 'x');
  return run;
}

/// What a store must know after the power is back: of each run at least the version that it was promised.
struct Promised {
  std::map<int64_t, int64_t> versions;
  std::map<int64_t, int64_t> written;
};

void play(SqliteStore& store, std::mt19937& random, Promised& promised) {
  const int runs = 1 + static_cast<int>(random() % 3);
  for (int i = 0; i < runs; ++i) {
    Result<StoredRun> created = store.create(new_run());
    ASSERT_TRUE(created.ok());
    RunSteps steps(*std::move(created));
    std::vector<decltype(Event::what)> events = {event::Started()};
    for (const char* name : {"a", "b", "c"}) {
      events.push_back(event::JobStarted{name});
      events.push_back(event::JobFinished{name, 1, {}});
    }
    std::map<std::string, int64_t> ids;
    const size_t count = random() % (events.size() + 1);
    for (size_t e = 0; e < count; ++e) {
      const Promise promise = random() % 4 == 0 ? Promise::power_safe : Promise::crash_safe;
      Transition transition = steps.step(events[e], promise);
      if (const auto* end = std::get_if<event::JobFinished>(&events[e])) {
        transition.ended = {{ids.at(end->job), end->job, {}}};
      }
      const Result<Committed> committed = store.commit(transition);
      ASSERT_TRUE(committed.ok()) << committed.error().message;
      for (size_t s = 0; s < transition.started.size(); ++s) ids[transition.started[s].job] = committed->attempt_ids[s];
      promised.written[steps.id] = steps.version;
      // A sync reaches all that was written before it, other runs' too.
      if (promise == Promise::power_safe) promised.versions = promised.written;
    }
  }
}

void expect_kept(SqliteStore& store, const Promised& promised) {
  for (const auto& [id, version] : promised.versions) {
    const Result<StoredRun> run = store.load(id);
    ASSERT_TRUE(run.ok()) << "run " << id << ": " << run.error().message;
    EXPECT_GE(run->header.version, version) << "run " << id;
  }
  const std::vector<RunHeader> headers = store.list(1000).value();
  for (const RunHeader& header : headers) {
    const StoredRun run = store.load(header.id).value();
    Run replayed(std::make_shared<const Plan>(run.run.plan()), run.run.options());
    const std::vector<Event> events = store.events(header.id).value();
    for (const Event& event : events) EXPECT_TRUE(replayed.apply(event).ok());
    EXPECT_EQ(replayed, run.run) << "run " << header.id << " is half a run";
  }
}

TEST(PowerCut, LeavesWhatWasPromisedAndNothingHalf) {
  const int soak = std::getenv("PENSTOCK_SOAK") != nullptr ? 50 : 1;
  for (unsigned seed = 1; seed <= 20u * static_cast<unsigned>(soak); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const os::TempFolder folder = os::TempFolder::make(quick_folder()).value();
    const std::filesystem::path file = folder.path() / "state.db";
    PowerCutVfs vfs;
    const SqliteOptions options{vfs.name()};
    Promised promised;
    for (int cut = 0; cut < 3; ++cut) {
      Result<std::unique_ptr<SqliteStore>> store = open_sqlite_store(file, options);
      ASSERT_TRUE(store.ok()) << store.error().message;
      expect_kept(**store, promised);
      promised.written = promised.versions;
      play(**store, random, promised);
      vfs.cut();
      store->reset();
      const unsigned chance = random() % 3;  // nothing, half or nearly all of the unsynced writes survive
      vfs.restore([&] { return random() % 8 < chance * 3; });
    }
    Result<std::unique_ptr<SqliteStore>> store = open_sqlite_store(file, options);
    ASSERT_TRUE(store.ok()) << store.error().message;
    expect_kept(**store, promised);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(PowerCut, SyncsOnceForThePromiseAndNotOtherwise) {
  const os::TempFolder folder = os::TempFolder::make(quick_folder()).value();
  PowerCutVfs vfs;
  const SqliteOptions options{vfs.name()};
  ASSERT_TRUE(open_sqlite_store(folder.path() / "state.db", options).ok());
  const std::unique_ptr<SqliteStore> store = open_sqlite_store(folder.path() / "state.db", options).value();
  const int before = vfs.syncs();
  RunSteps steps(store->create(new_run()).value());
  ASSERT_TRUE(store->commit(steps.step(event::Started())).ok());
  ASSERT_TRUE(store->commit(steps.step(event::JobStarted{"a"})).ok());
  EXPECT_EQ(vfs.syncs(), before);
  ASSERT_TRUE(store->commit(steps.step(event::CancelRequested{}, Promise::power_safe)).ok());
  EXPECT_EQ(vfs.syncs(), before + 1);
}

}  // namespace
}  // namespace penstock::testing
