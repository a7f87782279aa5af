#include "executor_sandbox/zygote_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>

#include "executor_sandbox/climb.h"
#include "executor_sandbox/clone.h"
#include "executor_sandbox/oom_watch.h"
#include "executor_sandbox/room_plan.h"
#include "executor_sandbox/room_process.h"
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

  Result<> prepare() {
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &children, nullptr);
    child_ended_ = os::UniqueFd(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!child_ended_) return os::system_error("can't watch for the end of rooms", errno);
    if (::chdir(place_.state.c_str()) != 0) return os::system_error("can't enter " + place_.state, errno);
    report_ = climb(place_.rooms, place_.forced);
    PayloadWriter hello;
    hello.text(encode(report_));
    hello.number(count_oom_kills());
    return send_message(socket_, MessageKind::hello, hello.take());
  }

  /// Until `ci` hangs up.
  void serve() {
    for (;;) {
      pollfd ends[] = {{socket_, POLLIN, 0}, {child_ended_.get(), POLLIN, 0}};
      if (::poll(ends, 2, -1) < 0 && errno != EINTR) return;
      if (ends[0].revents != 0 && !on_message()) return;
      if (ends[1].revents != 0) reap();
    }
  }

  void close() {
    spare_.reset();
    for (pid_t ended = 0; (ended = ::waitpid(-1, nullptr, 0)) > 0 || errno == EINTR;) forget(ended);
    (void)os::remove_tree(place_.rooms).ok();
    (void)os::remove_tree(place_.temporary).ok();
  }

 private:
  bool on_message() {
    Result<std::optional<Message>> message = receive_message(socket_);
    if (!message.ok() || !*message) return false;
    if (spare_ && spare_->plan != (*message)->payload) spare_.reset();
    if (!spare_) {
      if (Result<> made = make_spare((*message)->payload); !made.ok()) {
        return send_message(socket_, MessageKind::failure, error_payload(made.error())).ok();
      }
    }
    const bool sent = send_message(socket_, MessageKind::room, "", {spare_->socket.get()}).ok();
    spare_.reset();
    if (sent && place_.spares && report_.rung != Rung::copy) (void)make_spare((*message)->payload).ok();
    return sent;
  }

  Result<> make_spare(const std::string& plan) {
    const int number = ++last_number_;
    const std::string folder = place_.rooms + "/" + std::to_string(number);
    std::string temporary = place_.temporary + "/" + std::to_string(number);
    PENSTOCK_CHECK(make_folders(folder, temporary));
    PENSTOCK_TRY(SocketPair ends, make_socket_pair());
    RoomPlan decoded = decode_room_plan(plan);
    const pid_t pid = clone_room(report_.rung, decoded.network);
    if (pid < 0) return os::system_error("can't clone a room's first process", errno);
    if (pid == 0) {
      const int socket = keep_one_descriptor(ends.theirs.get());
      live_in_room({socket, report_.rung, std::move(decoded), folder, std::move(temporary)});
    }
    rooms_[pid] = number;
    spare_ = Spare{plan, std::move(ends.ours)};
    return success();
  }

  Result<> make_folders(const std::string& folder, const std::string& temporary) {
    for (const std::string& path : {folder, folder + "/upper", folder + "/work"}) {
      if (::mkdir(path.c_str(), 0755) != 0) return os::system_error("can't make " + place_.state + "/" + path, errno);
    }
    if (::mkdir(temporary.c_str(), 0700) != 0) return os::system_error("can't make " + temporary, errno);
    return success();
  }

  void reap() {
    signalfd_siginfo seen;
    while (::read(child_ended_.get(), &seen, sizeof seen) > 0) {
    }
    for (pid_t ended = 0; (ended = ::waitpid(-1, nullptr, WNOHANG)) > 0;) forget(ended);
  }

  /// Removes what the room of this first process leaves. Most rooms leave empty folders; for others a child does the
  /// work.
  void forget(pid_t first_process) {
    auto found = rooms_.find(first_process);
    if (found == rooms_.end()) return;
    const std::string name = "/" + std::to_string(found->second);
    rooms_.erase(found);
    const std::string folder = place_.rooms + name;
    for (const char* part : {"/work/work/incompat/volatile/dirty", "/work/work/incompat/volatile",
                             "/work/work/incompat", "/work/work", "/work", "/upper", ""}) {
      ::rmdir((folder + part).c_str());
    }
    const std::string temporary = place_.temporary + name;
    ::rmdir(temporary.c_str());
    if (::access(folder.c_str(), F_OK) != 0 && ::access(temporary.c_str(), F_OK) != 0) return;
    const pid_t remover = clone_plain();
    if (remover > 0) return;
    (void)os::remove_tree(folder).ok();
    (void)os::remove_tree(temporary).ok();
    if (remover == 0) ::_exit(0);
  }

  const ZygotePlace& place_;
  int socket_;
  os::UniqueFd child_ended_;
  ProbeReport report_;
  std::optional<Spare> spare_;
  std::map<pid_t, int> rooms_;  // number of each by its first process
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
  if (Result<> prepared = zygote.prepare(); prepared.ok()) {
    zygote.serve();
  } else {
    (void)send_message(socket, MessageKind::failure, error_payload(prepared.error())).ok();
  }
  zygote.close();
  ::_exit(0);
}

}  // namespace penstock::sandbox
