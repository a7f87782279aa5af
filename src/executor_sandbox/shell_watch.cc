#include "executor_sandbox/shell_watch.h"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>

#include "executor_sandbox/wire.h"
#include "os/errors.h"

namespace penstock::sandbox {
namespace {

using std::chrono::steady_clock;

/// How often a cancel that has spoken once is asked whether it means to kill by now: its descriptor stays readable.
constexpr int kTick = 50;

}  // namespace

ShellWatch::ShellWatch(int socket, const ShellRequest& request, const Cancel& cancel)
    : socket_(socket), request_(request), cancel_(cancel) {
  if (request.timeout) deadline_ = steady_clock::now() + *request.timeout;
}

Result<ShellReport> ShellWatch::wait() {
  for (;;) {
    const bool message_waits = poll_once();
    if (often_) often_();
    check_time_and_cancel();
    if (!message_waits) continue;
    PENSTOCK_TRY(std::optional<Message> message, receive_message(socket_));
    if (!message) {
      return Error{Fault::machine, "the job's sandbox was killed from outside", "run the job again"};
    }
    if (message->kind == MessageKind::failure) return decode<Error>(message->payload);
    if (message->kind != MessageKind::ended) continue;
    drain();
    return decode<ShellReport>(message->payload);
  }
}

/// Nobody is left who could write: what lies in the pipe is all that will come.
void ShellWatch::drain() {
  for (Source& source : sources_) {
    pollfd left{source.fd, POLLIN, 0};
    while (source.output && source.fd >= 0 && ::poll(&left, 1, 0) > 0 && source.pump()) {
    }
  }
}

/// Whether a message waits.
bool ShellWatch::poll_once() {
  std::vector<pollfd> ends{{socket_, POLLIN, 0}};
  const bool watches_cancel = stopped_ == ShellEnd::How::exited;
  ends.push_back({watches_cancel ? cancel_.fd() : -1, POLLIN, 0});
  for (const Source& source : sources_) ends.push_back({source.fd, POLLIN, 0});
  if (::poll(ends.data(), ends.size(), patience()) <= 0) return false;
  for (size_t i = 0; i < sources_.size(); ++i) {
    if (ends[i + 2].revents != 0 && !sources_[i].pump()) sources_[i].fd = -1;
  }
  return ends[0].revents != 0;
}

int ShellWatch::patience() const {
  int64_t left = -1;
  for (const std::optional<Time>& moment : {deadline_, kill_at_}) {
    if (!moment || killed_) continue;
    const auto until =
        std::max<int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(*moment - steady_clock::now()).count());
    left = left < 0 ? until : std::min(left, until);
  }
  const bool asks_again = !killed_ && stopped_ != ShellEnd::How::exited;
  if (asks_again || often_) left = left < 0 ? kTick : std::min<int64_t>(left, kTick);
  return static_cast<int>(std::min<int64_t>(left, 1 << 30));
}

void ShellWatch::check_time_and_cancel() {
  if (killed_) return;
  const Cancel::Level level = cancel_.level();
  if (level == Cancel::Level::kill) {
    stopped_ = ShellEnd::How::canceled;
    kill();
  } else if (level == Cancel::Level::graceful) {
    stop(ShellEnd::How::canceled);
  }
  if (!killed_ && deadline_ && steady_clock::now() >= *deadline_) stop(ShellEnd::How::timed_out);
  if (!killed_ && kill_at_ && steady_clock::now() >= *kill_at_) kill();
}

void ShellWatch::stop(ShellEnd::How why) {
  if (stopped_ != ShellEnd::How::exited) return;
  stopped_ = why;
  deadline_.reset();
  kill_at_ = steady_clock::now() + request_.grace;
  send_signal(SIGTERM);
}

void ShellWatch::kill() {
  killed_ = true;
  send_signal(SIGKILL);
}

void ShellWatch::send_signal(int signal) {
  // A room that can't be told has ended: the next message says so.
  (void)send_message(socket_, MessageKind::signal, encode(signal)).ok();
}

}  // namespace penstock::sandbox
