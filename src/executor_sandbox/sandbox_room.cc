#include "executor_sandbox/sandbox_room.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "executor_sandbox/shell_start.h"
#include "executor_sandbox/shell_watch.h"
#include "executor_sandbox/terminal_session.h"
#include "executor_sandbox/wire.h"
#include "os/errors.h"
#include "os/files.h"

namespace penstock::sandbox {
namespace {

/// The kernel takes up to 128 KiB as one argument; all of them and the environment share 2 MiB.
constexpr size_t kLongestArgument = 100 * 1024;
constexpr int kPipeSize = 1 << 20;
constexpr size_t kReadSize = 256 * 1024;

/// A file in memory with the script, to read from its start.
Result<os::UniqueFd> script_file(const std::string& script) {
  os::UniqueFd file(::memfd_create("script", MFD_CLOEXEC));
  if (!file) return os::system_error("can't keep the script in memory", errno);
  PENSTOCK_CHECK(os::write_all(file.get(), script));
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

struct Pipe {
  os::UniqueFd reader;
  os::UniqueFd writer;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return os::system_error("can't make a pipe", errno);
  Pipe pipe{os::UniqueFd(ends[0]), os::UniqueFd(ends[1])};
  ::fcntl(pipe.reader.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(pipe.reader.get(), F_SETPIPE_SZ, kPipeSize);  // an ordinary user's many pipes may be refused it: no harm
  return pipe;
}

ShellEnd end_of(ShellReport report, ShellEnd::How stopped, OomWatch& oom_watch) {
  ShellEnd end;
  end.killed = std::move(report.killed);
  const bool signaled = WIFSIGNALED(report.wait_status);
  end.how = signaled ? ShellEnd::How::signaled : ShellEnd::How::exited;
  end.code = signaled ? WTERMSIG(report.wait_status) : WEXITSTATUS(report.wait_status);
  if (stopped != ShellEnd::How::exited) {
    end.how = stopped;
  } else if (end.code == (signaled ? SIGKILL : 128 + SIGKILL) && oom_watch.struck()) {
    end.how = ShellEnd::How::out_of_memory;
  }
  return end;
}

}  // namespace

SandboxRoom::~SandboxRoom() {
  if (ends_.rung != Rung::copy) {
    if (!kept_) parts_.pool->put(std::move(ends_));
    return;
  }
  // The folder of a copy must be free before the next job comes, so that its path stays the same.
  ::shutdown(ends_.socket.get(), SHUT_WR);
  (void)receive_message(ends_.socket.get()).ok();
}

bool SandboxRoom::is_untouched(const std::string& path) {
  if (!ends_.upper_fd) return false;
  if (!view_) view_.emplace(ends_.upper_fd.get());
  return view_->is_untouched(path);
}

Result<> SandboxRoom::keep(const std::string& name) {
  kept_ = true;
  PENSTOCK_CHECK(send_message(ends_.socket.get(), MessageKind::keep, encode(name, parts_.largest_kept)));
  PENSTOCK_TRY(const std::optional<Message> answer, receive_message(ends_.socket.get()));
  if (!answer) return Error{Fault::machine, "the room's first process was killed from outside", ""};
  return answer->kind == MessageKind::kept ? success() : Result<>(decode<Error>(answer->payload));
}

Result<> SandboxRoom::order(ShellOrder order, const std::string& script, int output) {
  const bool is_bash = parts_.shell.ends_with("bash");
  order.program = parts_.shell;
  order.arguments = {is_bash ? "bash" : "sh"};
  std::vector<int> fds;
  if (output >= 0) fds.push_back(output);
  os::UniqueFd file;
  if (script.size() > kLongestArgument || script.find('\0') != std::string::npos) {
    PENSTOCK_TRY(file, script_file(script));
    fds.push_back(file.get());
    order.arguments.push_back("/dev/fd/" + std::to_string(kScriptFd));
  } else if (!script.empty() || output >= 0) {
    order.arguments.insert(order.arguments.end(), {"-c", script});
  }
  return send_message(ends_.socket.get(), MessageKind::run, encode(order), fds);
}

Result<ShellEnd> SandboxRoom::run(const ShellRequest& request, const OutputFunction& output, const Cancel& cancel) {
  view_.reset();
  ShellOrder shell;
  shell.environment = request.environment;
  shell.directory = request.directory;
  ShellWatch watch(ends_.socket.get(), request, cancel);
  std::unique_ptr<TerminalSession> terminal;
  Pipe pipe;
  std::unique_ptr<char[]> buffer;
  if (request.interactive) {
    PENSTOCK_TRY(terminal, TerminalSession::open());
    shell.terminal = terminal->path();
    terminal->join(watch);
    PENSTOCK_CHECK(order(std::move(shell), request.script, -1));
  } else {
    PENSTOCK_TRY(pipe, make_pipe());
    PENSTOCK_CHECK(order(std::move(shell), request.script, pipe.writer.get()));
    pipe.writer.reset();
    buffer = std::make_unique_for_overwrite<char[]>(kReadSize);
    watch.watch_output(pipe.reader.get(), [&] {
      const ssize_t got = ::read(pipe.reader.get(), buffer.get(), kReadSize);
      if (got > 0) output({buffer.get(), static_cast<size_t>(got)});
      return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
    });
  }
  PENSTOCK_TRY(ShellReport report, watch.wait());
  usage_.peak_memory = static_cast<uint64_t>(report.peak_memory);
  usage_.cpu_time = Duration(report.cpu_milliseconds);
  return end_of(std::move(report), watch.stopped(), *parts_.oom_watch);
}

}  // namespace penstock::sandbox
