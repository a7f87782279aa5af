#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "executor_sandbox/room_plan.h"
#include "runner/executor.h"

namespace penstock::sandbox {

/// Accompanies one shell to its end: passes its output on, and ends it when it is cancelled or out of time.
class ShellWatch {
 public:
  /// Reads what is there and passes it on; false at its end. Called when it is readable, and for output after the
  /// shell's end until nothing comes any more.
  using Pump = std::function<bool()>;

  ShellWatch(int socket, const ShellRequest& request, const Cancel& cancel);
  /// The shell's output.
  void watch_output(int fd, Pump pump) { sources_.push_back({fd, std::move(pump), true}); }
  /// What goes to the shell.
  void watch_input(int fd, Pump pump) { sources_.push_back({fd, std::move(pump), false}); }
  /// Called a few times a second, and whenever anything happens.
  void call_often(std::function<void()> function) { often_ = std::move(function); }

  /// Blocks until the shell and all that it started have ended.
  Result<ShellReport> wait();

  /// Why it was stopped; `exited` where it wasn't.
  [[nodiscard]] ShellEnd::How stopped() const { return stopped_; }

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Source {
    int fd;
    Pump pump;
    bool output;
  };

  bool poll_once();
  void drain();
  [[nodiscard]] int patience() const;
  void check_time_and_cancel();
  void stop(ShellEnd::How why);
  void kill();
  void send_signal(int signal);

  int socket_;
  const ShellRequest& request_;
  const Cancel& cancel_;
  std::vector<Source> sources_;
  std::function<void()> often_;
  std::optional<Time> deadline_;
  std::optional<Time> kill_at_;
  bool killed_ = false;
  ShellEnd::How stopped_ = ShellEnd::How::exited;
};

}  // namespace penstock::sandbox
