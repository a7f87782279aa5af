#pragma once

#include <signal.h>

#include <initializer_list>
#include <optional>

#include "base/result.h"
#include "os/unique_fd.h"

namespace penstock::os {

/// Signals as something to poll for. Blocks them in this thread while it lives and restores the mask afterwards: make
/// it before other threads are started, so that they inherit the mask. Children of os::Process start with nothing
/// blocked.
class SignalQueue {
 public:
  /// Such as {SIGINT, SIGTERM, SIGWINCH}.
  static Result<SignalQueue> open(std::initializer_list<int> signals);
  SignalQueue(SignalQueue&& other) noexcept;
  SignalQueue& operator=(SignalQueue&&) = delete;
  ~SignalQueue();

  /// Readable when a signal waits.
  [[nodiscard]] int fd() const { return fd_.get(); }
  /// The next one that waits; never blocks.
  std::optional<int> next();

 private:
  SignalQueue() = default;
  UniqueFd fd_;
  sigset_t before_{};
};

/// While it lives, what people send (SIGINT, SIGTERM, SIGWINCH) is blocked in this thread, and so for good in those
/// that it starts. A thread that is begun before a SignalQueue is opened, and lives beside it, needs that: it would
/// take the signal in its stead, and the program would end of it.
class SignalShelter {
 public:
  SignalShelter();
  SignalShelter(const SignalShelter&) = delete;
  SignalShelter& operator=(const SignalShelter&) = delete;
  ~SignalShelter();

 private:
  sigset_t before_{};
};

}  // namespace penstock::os
