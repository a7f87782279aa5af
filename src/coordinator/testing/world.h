#pragma once

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/coordinator.h"
#include "coordinator/observer.h"
#include "coordinator/post.h"
#include "coordinator/testing/fake_dispatcher.h"
#include "coordinator/testing/fake_waiter.h"
#include "os/files.h"
#include "os/testing/fake_clock.h"
#include "store/state_folder.h"

namespace penstock::testing {

/// Waits for all that comes without a person.
constexpr Patience kPatient{std::chrono::hours(24), true};

/// Writes down what it is told, one line each: `build pending`, `attempt 3 of test passed`.
class Diary final : public Observer {
 public:
  std::vector<std::string> lines;

  void job_changed(const Run& run, size_t job) override {
    lines.push_back(run.job(job).name + " " + std::string(name_of(run.state(job).status)));
  }
  void attempt_ended(const Run& run, size_t job, int64_t id, const JobResult& result) override {
    lines.push_back("attempt " + std::to_string(id) + " of " + run.job(job).name + " " +
                    std::string(name_of(result.outcome.reason)));
  }
  void notice(std::string_view text) override { lines.emplace_back(text); }
  [[nodiscard]] bool has(const std::string& line) const {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  }
};

/// One repository's state on disk, in fake time. Any number of `ci` processes, one after the other or beside each
/// other, are Processes.
struct World {
  os::TempFolder folder = os::TempFolder::make(std::filesystem::exists("/dev/shm") ? "/dev/shm" : "").value();
  os::FakeClock clock;

  struct Process {
    explicit Process(World& world, int slots = 2)
        : state(open_state_folder(world.folder.path()).value()),
          dispatcher(world.clock, slots),
          waiter(world.clock, dispatcher),
          coordinator({*state.store, *state.leases, *state.logs, dispatcher, waiter, world.clock, diary}) {}

    Result<bool> post(int64_t run, const Event& event) {
      return penstock::post(*state.store, *state.leases, run, {event});
    }

    StateFolder state;
    Diary diary;
    FakeDispatcher dispatcher;
    FakeWaiter waiter;
    Coordinator coordinator;
  };

  NewRun new_run(std::shared_ptr<const Plan> plan) {
    NewRun run;
    run.at = clock.now();
    run.plan = std::move(plan);
    run.facts.pipeline = "main";
    run.facts.who = {"Alice", "alice@example.org", false};
    run.facts.repository = "/home/alice/app";
    return run;
  }
};

}  // namespace penstock::testing
