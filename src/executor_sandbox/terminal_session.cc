#include "executor_sandbox/terminal_session.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

#include "executor_sandbox/shell_watch.h"
#include "os/errors.h"
#include "os/files.h"

namespace penstock::sandbox {

Result<std::unique_ptr<TerminalSession>> TerminalSession::open() {
  std::unique_ptr<TerminalSession> session(new TerminalSession());
  session->master_ = os::UniqueFd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  char path[64] = {};
  if (!session->master_ || ::grantpt(session->master_.get()) != 0 || ::unlockpt(session->master_.get()) != 0 ||
      ::ptsname_r(session->master_.get(), path, sizeof path) != 0) {
    return os::system_error("can't make a terminal", errno);
  }
  session->path_ = path;
  session->slave_ = os::UniqueFd(::open(path, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!session->slave_) return os::system_error("can't open the terminal " + session->path_, errno);
  session->follow_size();
  if (::tcgetattr(STDIN_FILENO, &session->before_) == 0) {
    termios raw = session->before_;
    ::cfmakeraw(&raw);
    session->raw_ = ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
  }
  return session;
}

TerminalSession::~TerminalSession() {
  if (raw_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
}

void TerminalSession::join(ShellWatch& watch) {
  watch.watch_input(STDIN_FILENO, [this] { return carry_typed(); });
  watch.watch_output(master_.get(), [this] { return carry_printed(); });
  watch.call_often([this] { follow_size(); });
}

bool TerminalSession::carry_typed() {
  char buffer[4096];
  const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
  if (got > 0) return os::write_all(master_.get(), {buffer, static_cast<size_t>(got)}).ok();
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  const char end_of_input = 4;  // what Ctrl-D types
  (void)os::write_all(master_.get(), {&end_of_input, 1}).ok();
  return false;
}

bool TerminalSession::carry_printed() {
  char buffer[16384];
  const ssize_t got = ::read(master_.get(), buffer, sizeof buffer);
  if (got > 0) return os::write_all(STDOUT_FILENO, {buffer, static_cast<size_t>(got)}).ok();
  return got < 0 && (errno == EINTR || errno == EAGAIN);
}

/// Setting the same size again does nothing; a new one sends the shell SIGWINCH.
void TerminalSession::follow_size() {
  winsize size{};
  if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) ::ioctl(master_.get(), TIOCSWINSZ, &size);
}

}  // namespace penstock::sandbox
