#include "dispatch_local/local_dispatcher.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "blobs/blob_store.h"
#include "dispatch_local/last_line.h"
#include "os/clock.h"
#include "os/unique_fd.h"
#include "plan/end_reason.h"
#include "protocol/job_spec.h"
#include "runner/runner.h"
#include "store/content_index.h"
#include "store/log_store.h"

namespace penstock {
namespace {

struct Task {
  JobSpec spec;
  Cancel cancel;
  LastLine last_line;
};

JobResult failed_to_begin(const Error& error, Instant now) {
  JobResult result;
  result.outcome.reason = EndReason::runner_system_failure;
  result.outcome.detail = error.message;
  result.started_at = result.ended_at = now;
  return result;
}

}  // namespace

struct LocalDispatcher::State {
  State(Runner& a_runner, BlobStore& a_blob_store, LogStore& a_log_store, CacheIndex& a_cache_index,
        const os::Clock& a_clock, LocalDispatcherOptions some_options)
      : runner(a_runner),
        blobs(a_blob_store),
        logs(a_log_store),
        caches(a_cache_index),
        clock(a_clock),
        options(std::move(some_options)) {}

  void work();
  FinishedAttempt carry_out(Task& task);

  Runner& runner;
  BlobStore& blobs;
  LogStore& logs;
  CacheIndex& caches;
  const os::Clock& clock;
  const LocalDispatcherOptions options;
  os::UniqueFd bell;  // an eventfd: readable while `finished` isn't empty
  std::atomic<bool> kept = false;

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable more;
  std::deque<std::shared_ptr<Task>> queue;
  std::map<int64_t, std::shared_ptr<Task>> tasks;  // queued or running
  std::vector<FinishedAttempt> finished;
  int idle = 0;
  bool closing = false;

  std::vector<std::thread> workers;  // the coordinator's thread alone touches these three
  int taken_slots = 0;
  std::set<int64_t> slotless;  // rollouts and triggers
};

namespace {

/// What one attempt is given, and where its output goes.
class AttemptPort final : public JobSource, public JobSink {
 public:
  AttemptPort(Task& task, std::unique_ptr<LogWriter> log, const LocalDispatcherOptions& options, CacheIndex& caches,
              const os::Clock& clock, std::atomic<bool>& kept)
      : task_(task), log_(std::move(log)), options_(options), caches_(caches), clock_(clock), kept_(kept) {}

  Result<std::string> secret(std::string_view name) override {
    if (options_.secret) return options_.secret(name);
    return Error{Fault::user, "there is no secret `" + std::string(name) + "`", {}};
  }

  Result<std::optional<Digest>> find_cache(const std::vector<std::string>& keys) override {
    PENSTOCK_TRY(const std::optional<CacheRecord> found, caches_.find_cache(keys));
    if (!found) return std::optional<Digest>();
    return std::optional<Digest>(found->tree);
  }

  Result<> log(std::string_view bytes) override {
    PENSTOCK_TRY(length_, log_->append(length_, bytes));
    task_.last_line.append(bytes);
    if (options_.output) options_.output(task_.spec.id, bytes);
    return success();
  }

  Result<> keep_cache(std::string_view key, const Digest& tree) override {
    kept_ = true;
    return caches_.keep_cache({std::string(key), tree, clock_.now()});
  }

  void failed(Room& room, const JobResult& so_far, const std::vector<std::string>& environment) override {
    if (options_.failed) options_.failed(task_.spec, room, so_far, environment, task_.cancel);
  }

 private:
  Task& task_;
  std::unique_ptr<LogWriter> log_;
  uint64_t length_ = 0;
  const LocalDispatcherOptions& options_;
  CacheIndex& caches_;
  const os::Clock& clock_;
  std::atomic<bool>& kept_;
};

}  // namespace

FinishedAttempt LocalDispatcher::State::carry_out(Task& task) {
  const int64_t id = task.spec.id;
  const auto fails = [&](const Error& error) { return FinishedAttempt{id, failed_to_begin(error, clock.now())}; };
  Result<std::unique_ptr<LogWriter>> log = logs.create(task.spec.run, id);
  if (!log.ok()) return fails(log.error());
  AttemptPort port(task, *std::move(log), options, caches, clock, kept);
  const auto tell = [&port](std::string_view text) { (void)port.log(text).ok(); };
  if (task.spec.rollout) {
    if (!options.rollout) return fails({Fault::internal, "nothing here carries out rollouts", {}});
    return options.rollout(task.spec, task.cancel, tell);
  }
  if (task.spec.trigger) {
    if (!options.trigger) return fails({Fault::internal, "nothing here starts pipelines", {}});
    return options.trigger(task.spec, task.cancel, tell);
  }
  JobResult result = runner.run(task.spec, port, port, task.cancel);
  if (!result.artifacts.empty()) kept = true;
  return {id, std::move(result)};
}

void LocalDispatcher::State::work() {
  std::unique_lock lock(mutex);
  for (;;) {
    ++idle;
    more.wait(lock, [this] { return closing || !queue.empty(); });
    --idle;
    if (closing) return;
    const std::shared_ptr<Task> task = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    FinishedAttempt attempt = carry_out(*task);
    lock.lock();
    tasks.erase(task->spec.id);
    finished.push_back(std::move(attempt));
    const uint64_t one = 1;
    (void)!::write(bell.get(), &one, sizeof one);
  }
}

LocalDispatcher::LocalDispatcher(Runner& runner, BlobStore& blobs, LogStore& logs, CacheIndex& caches,
                                 const os::Clock& clock, LocalDispatcherOptions options)
    : state_(std::make_unique<State>(runner, blobs, logs, caches, clock, std::move(options))) {
  state_->bell.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

LocalDispatcher::~LocalDispatcher() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->closing = true;
    for (const auto& [id, task] : state_->tasks) task->cancel.request(Cancel::Level::kill);
  }
  state_->more.notify_all();
  for (std::thread& worker : state_->workers) worker.join();
}

int LocalDispatcher::free_slots() const { return std::max(0, state_->options.slots - state_->taken_slots); }

void LocalDispatcher::start(JobSpec spec) {
  auto task = std::make_shared<Task>();
  task->spec = std::move(spec);
  if (task->spec.rollout || task->spec.trigger) {
    state_->slotless.insert(task->spec.id);
  } else {
    ++state_->taken_slots;
  }
  bool short_of_hands = false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->tasks.emplace(task->spec.id, task);
    state_->queue.push_back(std::move(task));
    short_of_hands = state_->idle < static_cast<int>(state_->queue.size());
  }
  const size_t hands = static_cast<size_t>(state_->options.slots) + state_->slotless.size();
  if (short_of_hands && state_->workers.size() < hands) {
    state_->workers.emplace_back([state = state_.get()] { state->work(); });
  }
  state_->more.notify_one();
}

void LocalDispatcher::stop(int64_t id, Stop how) {
  const std::lock_guard lock(state_->mutex);
  const auto task = state_->tasks.find(id);
  if (task == state_->tasks.end()) return;
  task->second->cancel.request(how == Stop::kill ? Cancel::Level::kill : Cancel::Level::graceful);
}

std::vector<FinishedAttempt> LocalDispatcher::take_finished() {
  const std::lock_guard lock(state_->mutex);
  uint64_t count = 0;
  (void)!::read(state_->bell.get(), &count, sizeof count);
  for (const FinishedAttempt& attempt : state_->finished) {
    if (state_->slotless.erase(attempt.id) == 0) --state_->taken_slots;
  }
  return std::exchange(state_->finished, {});
}

int LocalDispatcher::fd() const { return state_->bell.get(); }

Result<> LocalDispatcher::sync_kept() {
  if (!state_->kept.exchange(false)) return success();
  return state_->blobs.sync();
}

void LocalDispatcher::rest() {
  if (state_->options.rest) state_->options.rest();
}

Result<> LocalDispatcher::sweep(int64_t run, const std::vector<int64_t>& attempt_ids) {
  if (!state_->options.sweep) return success();
  return state_->options.sweep(run, attempt_ids);
}

std::string LocalDispatcher::last_line(int64_t attempt_id) const {
  std::shared_ptr<Task> task;
  {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->tasks.find(attempt_id);
    if (found == state_->tasks.end()) return {};
    task = found->second;
  }
  return task->last_line.get();
}

}  // namespace penstock
