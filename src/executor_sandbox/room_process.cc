#include "executor_sandbox/room_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "executor_sandbox/copied_room.h"
#include "executor_sandbox/furnish.h"
#include "executor_sandbox/kept_rooms.h"
#include "executor_sandbox/leftovers.h"
#include "executor_sandbox/room_traces.h"
#include "executor_sandbox/shell_start.h"
#include "executor_sandbox/wire.h"
#include "os/errors.h"
#include "os/unique_fd.h"
#include "workspace/layers.h"

namespace penstock::sandbox {
namespace {

class RoomProcess {
 public:
  explicit RoomProcess(RoomStart start)
      : start_(std::move(start)),
        reach_(start_.rung == Rung::copy ? Reach::descent : Reach::pid_namespace),
        project_(start_.plan.shown) {}

  /// Furnishes the room and tells `ci` so.
  Result<> open() {
    rooms_ = os::UniqueFd(::open("rooms", O_PATH | O_DIRECTORY | O_CLOEXEC));  // before it is hidden
    if (!start_.plan.kept_temporary.empty()) PENSTOCK_CHECK(fill_temporary());
    if (!start_.plan.caches.empty() && start_.rung != Rung::copy) {
      upper_ = os::UniqueFd(::open(start_.upper.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
    traces_.find(start_.upper, start_.temporary, start_.leaves_traces && start_.plan.network);
    PENSTOCK_CHECK(start_.rung == Rung::copy ? furnish_copy() : furnish_mounts());
    os::UniqueFd project(::open(project_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!project) return os::system_error("can't open " + project_, errno);
    os::UniqueFd temporary(::open(start_.temporary.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!temporary) return os::system_error("can't open " + start_.temporary, errno);
    traces_.begin();
    // The job may look at its first process, whose memory is a copy of `ci`.
    ::prctl(PR_SET_DUMPABLE, 0);
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &children, nullptr);
    child_ended_ = os::UniqueFd(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
    std::vector<int> folders{project.get(), temporary.get()};
    if (upper_) folders.push_back(upper_.get());
    const Result<> told =
        send_message(start_.socket, MessageKind::ready, encode(project_, start_.temporary, start_.rung), folders);
    upper_.reset();
    return told;
  }

  /// Until `ci` hangs up.
  void serve() {
    for (;;) {
      pollfd ends[] = {{start_.socket, POLLIN, 0}, {child_ended_.get(), POLLIN, 0}};
      if (::poll(ends, 2, -1) < 0 && errno != EINTR) return;
      if (ends[1].revents != 0 && !on_child_ended()) return;
      if (ends[0].revents != 0 && !on_message()) return;
    }
  }

  void close() {
    end_all(reach_, used_);
    copied_.reset();
  }

 private:
  Result<> fill_temporary() {
    workspace::Layers layers;
    layers.lower.emplace_back(start_.plan.kept_temporary);
    return workspace::copy_layers(layers, start_.temporary);
  }

  Result<> furnish_mounts() {
    PENSTOCK_CHECK(furnish(start_.plan, start_.overlay));
    mount_own_proc();
    if (!start_.plan.network) PENSTOCK_CHECK(raise_loopback());
    return success();
  }

  Result<> furnish_copy() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    PENSTOCK_TRY(CopiedRoom copied, CopiedRoom::make(start_.plan));
    copied_.emplace(std::move(copied));
    project_ = copied_->project();
    return success();
  }

  bool on_message() {
    Result<std::optional<Message>> message = receive_message(start_.socket);
    if (!message.ok() || !*message) return false;
    if ((*message)->kind == MessageKind::signal) {
      signal_all(reach_, decode<int>((*message)->payload));
      return true;
    }
    if ((*message)->kind == MessageKind::recycle) {
      used_ = {};
      return traces_.none() && send_message(start_.socket, MessageKind::pristine, "").ok();
    }
    if ((*message)->kind == MessageKind::keep) {
      const Result<> kept = keep((*message)->payload);
      return send_message(start_.socket, kept.ok() ? MessageKind::kept : MessageKind::failure,
                          kept.ok() ? "" : encode(kept.error()))
          .ok();
    }
    Result<pid_t> shell = start_shell(decode<ShellOrder>((*message)->payload), (*message)->fds, project_);
    if (!shell.ok()) return send_message(start_.socket, MessageKind::failure, encode(shell.error())).ok();
    shell_ = *shell;
    return true;
  }

  Result<> keep(std::string_view order) {
    RoomToKeep room;
    decode_into(order, room.name, room.largest);
    room.rung = start_.rung;
    room.temporary = start_.temporary;
    room.caches = start_.plan.caches;
    // The overlay's mount stays until the room ends: it holds its layers by more than their names.
    room.project = start_.rung == Rung::copy ? project_ : start_.upper.substr(start_.upper.find('/') + 1);
    if (::fchdir(rooms_.get()) != 0) return os::system_error("can't enter the rooms' folder", errno);
    return keep_files(room);
  }

  /// Reaps whoever has ended; the shell's end is what `ci` waits for.
  bool on_child_ended() {
    signalfd_siginfo seen;
    while (::read(child_ended_.get(), &seen, sizeof seen) > 0) {
    }
    for (;;) {
      int status = 0;
      rusage used{};
      const pid_t ended = ::wait4(-1, &status, WNOHANG, &used);
      if (ended < 0 && errno == EINTR) continue;
      if (ended <= 0) return true;
      used_.add(used);
      if (ended != shell_) continue;
      shell_ = -1;
      if (!report(status)) return false;
    }
  }

  bool report(int status) {
    ShellReport report;
    report.wait_status = status;
    if (has_children(used_)) {
      report.killed = descendant_commands();
      end_all(reach_, used_);
    }
    report.peak_memory = used_.peak_memory;
    report.cpu_milliseconds = used_.cpu_microseconds / 1000;
    return send_message(start_.socket, MessageKind::ended, encode(report)).ok();
  }

  RoomStart start_;
  Reach reach_;
  std::string project_;  // as the job sees it
  std::optional<CopiedRoom> copied_;
  os::UniqueFd rooms_;
  os::UniqueFd upper_;  // until `ci` has it
  os::UniqueFd child_ended_;
  RoomTraces traces_;
  Consumption used_;
  pid_t shell_ = -1;
};

}  // namespace

void live_in_room(RoomStart start) {
  const int socket = start.socket;
  RoomProcess room(std::move(start));
  if (Result<> opened = room.open(); opened.ok()) {
    room.serve();
  } else {
    (void)send_message(socket, MessageKind::failure, encode(opened.error())).ok();
  }
  room.close();
  ::_exit(0);
}

}  // namespace penstock::sandbox
