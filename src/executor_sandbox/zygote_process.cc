#include "executor_sandbox/zygote_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <optional>

#include "executor_sandbox/clone.h"
#include "executor_sandbox/enter_rung.h"
#include "executor_sandbox/oom_watch.h"
#include "executor_sandbox/room_plan.h"
#include "executor_sandbox/room_process.h"
#include "executor_sandbox/slot.h"
#include "executor_sandbox/system_ssh.h"
#include "executor_sandbox/wire.h"
#include "os/errors.h"
#include "os/files.h"

extern char** environ;

namespace penstock::sandbox {
namespace {

/// A room that is furnished but not yet asked for.
struct Spare {
  std::string plan;  // encoded
  os::UniqueFd socket;
};

class ZygoteProcess {
 public:
  ZygoteProcess(const ZygotePlace& place, int socket) : place_(place), socket_(socket) {}

  bool prepare() {
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &children, nullptr);
    child_ended_ = os::UniqueFd(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
    if (::chdir(place_.state.c_str()) != 0 || !child_ended_) {
      const Error error = os::system_error("can't enter " + place_.state, errno);
      return send_message(socket_, MessageKind::failure, encode(error)).ok();
    }
    if (Trial trial = enter_rung(place_.rung); trial.error != 0) return refuse(trial);
    if (place_.rung == Rung::user_namespace && ::geteuid() != 0) show_system_ssh(place_.rooms + "/ssh");
    return send_message(socket_, MessageKind::hello, encode(count_oom_kills())).ok();
  }

  /// Until `ci` hangs up.
  void serve() {
    for (;;) {
      pollfd ends[] = {{socket_, POLLIN, 0}, {child_ended_.get(), POLLIN, 0}};
      if (::poll(ends, 2, -1) < 0 && errno != EINTR) return;
      if (ends[1].revents != 0) reap();
      if (ends[0].revents != 0 && !on_message()) return;
    }
  }

  void close() {
    spare_.reset();
    for (pid_t ended = 0; (ended = ::waitpid(-1, nullptr, 0)) > 0 || errno == EINTR;) forget(ended);
    (void)os::remove_tree(place_.rooms).ok();
    (void)os::remove_tree(place_.temporary).ok();
  }

 private:
  bool refuse(const Trial& trial) {
    return send_message(socket_, MessageKind::refused, encode(trial.step, trial.error)).ok();
  }

  bool on_message() {
    Result<std::optional<Message>> message = receive_message(socket_);
    if (!message.ok() || !*message) return false;
    if ((*message)->kind == MessageKind::probe) return on_probe();
    const std::string& plan = (*message)->payload;
    if (spare_ && spare_->plan != plan) spare_.reset();
    if ((*message)->kind == MessageKind::rest) return true;
    if ((*message)->kind == MessageKind::furnish) return furnish_ahead(plan);
    if (!spare_) {
      Trial trial;
      if (Result<> made = make_spare(plan, trial); !made.ok()) {
        // Once an overlay was mounted, the rung holds; what goes wrong then has other reasons.
        const bool rung_fails = trial.error != 0 && trial.error != ENOENT && trial.error != ENOSPC && !proven_;
        return rung_fails ? refuse(trial) : send_message(socket_, MessageKind::failure, encode(made.error())).ok();
      }
    }
    const bool sent = send_message(socket_, MessageKind::room, "", {spare_->socket.get()}).ok();
    spare_.reset();
    // Where jobs write nothing, `ci` recycles the first rooms and never asks for more.
    const bool worthwhile = plan == last_plan_ && place_.rung != Rung::copy;
    last_plan_ = plan;
    Trial ignored;
    if (sent && worthwhile) (void)make_spare(plan, ignored).ok();
    return sent;
  }

  /// What goes wrong is told to whoever asks for the room.
  bool furnish_ahead(const std::string& plan) {
    Trial ignored;
    if (!spare_ && place_.rung != Rung::copy) (void)make_spare(plan, ignored).ok();
    return true;
  }

  bool on_probe() {
    RoomPlan plan;
    plan.lower = {place_.rooms};
    Slot slot(place_.rooms, place_.temporary, ++last_number_);
    Trial trial;
    const bool tried = place_.rung == Rung::copy || proven_ || slot.prepare(plan, place_.rung, trial).ok();
    discard(slot);
    if (trial.error != 0) return refuse(trial);
    proven_ = proven_ || tried;
    return send_message(socket_, MessageKind::stands, "").ok();
  }

  Result<Slot> make_slot(const RoomPlan& plan, Trial& trial) {
    Slot slot(place_.rooms, place_.temporary, ++last_number_);
    Result<> made = place_.rung == Rung::copy ? slot.prepare_temporary(plan) : slot.prepare(plan, place_.rung, trial);
    if (made.ok()) {
      proven_ = true;
      return slot;
    }
    discard(slot);
    return made.error();
  }

  Result<> make_spare(const std::string& encoded, Trial& trial) {
    RoomPlan plan = decode<RoomPlan>(encoded);
    if (place_.rung == Rung::copy && !plan.network) {
      return Error{Fault::machine, "--network=none takes namespaces, which this machine refuses", "see `ci doctor`"};
    }
    PENSTOCK_TRY(SocketPair ends, make_socket_pair());
    PENSTOCK_TRY(Slot slot, make_slot(plan, trial));
    const pid_t pid = clone_room(place_.rung, plan.network);
    if (pid == 0) {
      const int socket = keep_one_descriptor(ends.theirs.get());
      live_in_room(
          {socket, place_.rung, std::move(plan), slot.overlay(), slot.upper(), slot.leaves_traces(), slot.temporary()});
    }
    const int error = errno;
    if (pid < 0) {
      discard(slot);
      trial = {"make a PID namespace", error};
      return os::system_error("can't clone a room's first process", error);
    }
    taken_.emplace(pid, std::move(slot));
    spare_ = Spare{encoded, std::move(ends.ours)};
    return success();
  }

  void reap() {
    signalfd_siginfo seen;
    while (::read(child_ended_.get(), &seen, sizeof seen) > 0) {
    }
    for (pid_t ended = 0; (ended = ::waitpid(-1, nullptr, WNOHANG)) > 0;) forget(ended);
  }

  /// The room of this first process is gone, and its slot goes.
  void forget(pid_t first_process) {
    auto found = taken_.find(first_process);
    if (found == taken_.end()) return;
    const Slot slot = std::move(found->second);
    taken_.erase(found);
    discard(slot);
  }

  /// Removing what a job has written may take a while: a child does it.
  void discard(const Slot& slot) {
    slot.unmount();
    if (slot.remove_if_empty()) return;
    const pid_t remover = clone_plain();
    if (remover > 0) return;
    slot.remove();
    if (remover == 0) ::_exit(0);
  }

  const ZygotePlace& place_;
  int socket_;
  os::UniqueFd child_ended_;
  bool proven_ = false;  // an overlay was mounted
  std::optional<Spare> spare_;
  std::map<pid_t, Slot> taken_;  // by the room's first process
  std::string last_plan_;
  int last_number_ = 0;
};

/// Whatever `ci` has open or in its environment isn't the rooms' business.
void forget_the_parent(int& socket, int& lock) {
  ::setsid();  // Ctrl-C on the terminal is `ci`'s to handle
  ::prctl(PR_SET_NAME, "ci-sandbox");
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    std::memset(*variable, 0, std::strlen(*variable));
  }
  keep_two_descriptors(socket, lock);
}

}  // namespace

void live_as_zygote(const ZygotePlace& place, int socket, int lock) {
  forget_the_parent(socket, lock);
  ZygoteProcess zygote(place, socket);
  if (zygote.prepare()) zygote.serve();
  zygote.close();
  ::_exit(0);
}

}  // namespace penstock::sandbox
