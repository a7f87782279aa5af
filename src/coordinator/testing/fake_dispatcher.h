#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/dispatcher.h"
#include "os/testing/fake_clock.h"

namespace penstock::testing {

/// A dispatcher in fake time: each attempt takes as long and ends as `script` says. It complains of a coordinator that
/// breaks the protocol: an attempt that begins twice, or more of them than there are slots.
class FakeDispatcher final : public Dispatcher {
 public:
  struct Play {
    Duration takes{1000};
    JobResult result;
    Duration stops_after{10};  ///< From the request to stop to its end.
    std::string parked = {};   ///< FinishedAttempt::parked
  };

  FakeDispatcher(os::FakeClock& clock, int slots) : clock_(clock), slots_(slots) {}

  /// Asked once an attempt, when it begins.
  std::function<Play(const JobSpec&)> script = [](const JobSpec&) { return Play(); };
  std::vector<JobSpec> started;         ///< All attempts that ever began, in order.
  std::vector<std::string> complaints;  ///< What the coordinator did wrong.
  std::vector<int64_t> swept;
  int synced = 0;

  /// When the next attempt ends.
  [[nodiscard]] std::optional<Instant> next_end() const;

  [[nodiscard]] int free_slots() const override;
  void start(JobSpec spec) override;
  void stop(int64_t id, Stop how) override;
  std::vector<FinishedAttempt> take_finished() override;
  [[nodiscard]] int fd() const override { return -1; }
  Result<> sync_kept() override;
  Result<> sweep(int64_t run, const std::vector<int64_t>& attempt_ids) override;

 private:
  struct Running {
    Instant ends_at;
    Play play;
  };
  os::FakeClock& clock_;
  int slots_;
  std::map<int64_t, Running> running_;
};

}  // namespace penstock::testing
