#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "coordinator/dispatcher.h"

namespace penstock {

class BlobStore;
class CacheIndex;
class Cancel;
class LogStore;
class Room;
class Runner;
namespace os {
class Clock;
}

struct LocalDispatcherOptions {
  int slots = 1;  ///< `-j`.
  /// The value of a secret that a spec names. Called from jobs' threads.
  std::function<Result<std::string>(std::string_view name)> secret;
  /// What a job prints, masked, as it comes, in pieces of any size. Called from jobs' threads; may be empty.
  std::function<void(int64_t attempt_id, std::string_view piece)> output;
  /// `--pause-on-failure`: called from the job's thread while its room still stands; may be empty.
  std::function<void(const JobSpec& spec, Room& room, const JobResult& so_far,
                     const std::vector<std::string>& environment, const Cancel& cancel)>
      failed;
  /// Carries out a job that is a rollout, in its own thread and in no slot: it waits more than it works. What it tells
  /// goes to the job's log. May be empty.
  std::function<FinishedAttempt(const JobSpec& spec, const Cancel& cancel,
                                const std::function<void(std::string_view)>& tell)>
      rollout;
  /// The same for a job that starts a pipeline of its own. May be empty.
  std::function<FinishedAttempt(const JobSpec& spec, const Cancel& cancel,
                                const std::function<void(std::string_view)>& tell)>
      trigger;
  /// Removes what a dead driver's attempts left behind; may be empty.
  std::function<Result<>(int64_t run, const std::vector<int64_t>& attempt_ids)> sweep;
  /// Rooms that are held ready may go; may be empty.
  std::function<void()> rest;
};

/// The laptop's dispatcher: a thread a running job, `slots` of them at most. Each carries out its attempt with the
/// Runner, writes its log and posts its result back. Destroying it kills what still runs and waits for it.
class LocalDispatcher final : public Dispatcher {
 public:
  LocalDispatcher(Runner& runner, BlobStore& blobs, LogStore& logs, CacheIndex& caches, const os::Clock& clock,
                  LocalDispatcherOptions options);
  ~LocalDispatcher() override;

  [[nodiscard]] int free_slots() const override;
  void start(JobSpec spec) override;
  void stop(int64_t id, Stop how) override;
  std::vector<FinishedAttempt> take_finished() override;
  [[nodiscard]] int fd() const override;
  Result<> sync_kept() override;
  void rest() override;
  Result<> sweep(int64_t run, const std::vector<int64_t>& attempt_ids) override;

  /// The last line that the attempt printed so far, without its line end; empty where it runs no more or printed none.
  /// Thread-safe.
  [[nodiscard]] std::string last_line(int64_t attempt_id) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace penstock
