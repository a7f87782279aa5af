#include "target_hosts/runtime_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>

#include "hosts/host_shell.h"
#include "net/connect.h"
#include "net/patience.h"
#include "os/errors.h"

namespace penstock {
namespace {

/// The runtime API reads a line into a buffer of 16 KiB.
constexpr size_t kLongestLine = 8000;
constexpr size_t kLongestAnswer = size_t{64} << 20;

Result<> send_all(int socket, std::string_view bytes, const net::Patience& patience) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (sent < 0 && errno == EAGAIN) {
      PENSTOCK_CHECK(patience.wait(socket, POLLOUT));
    } else if (sent < 0 && errno != EINTR) {
      return os::system_error("can't send", errno);
    }
  }
  return success();
}

/// Reads pieces until the end, or until `take` has enough.
Result<> receive(int socket, const net::Patience& patience, const std::function<bool(std::string_view)>& take) {
  char buffer[65536];
  for (;;) {
    const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
    if (got == 0) return success();
    if (got > 0) {
      if (!take({buffer, static_cast<size_t>(got)})) return success();
    } else if (errno == EAGAIN) {
      PENSTOCK_CHECK(patience.wait(socket, POLLIN));
    } else if (errno != EINTR) {
      return os::system_error("can't receive", errno);
    }
  }
}

}  // namespace

Result<std::string> ask_runtime(const Endpoint& socket, const std::string& commands, Duration timeout) {
  const net::Patience patience(timeout, {});
  PENSTOCK_TRY(const os::UniqueFd connection, net::connect_unix(socket.socket, patience));
  PENSTOCK_CHECK(send_all(connection.get(), commands + "\n", patience));
  std::string answer;
  PENSTOCK_CHECK(receive(connection.get(), patience, [&](std::string_view piece) {
    answer += piece;
    return answer.size() < kLongestAnswer;
  }));
  // It always ends with a line end; a forwarder whose other end is closed says nothing at all.
  if (answer.empty()) return Error{Fault::machine, "nobody answers at its socket", ""};
  return answer;
}

const char* const kTellRuntime = R"sh(tell_runtime() {
  while IFS= read -r line; do
    answer=$(printf '%s\n' "$line" | talk "$1" 10) || { status=$?; [ $status != 127 ] || return 127; echo "haproxy doesn't answer" >&2; exit 1; }
    [ -z "$answer" ] || { printf 'haproxy: %s\n' "$answer" >&2; exit 1; }
  done
}
)sh";

std::string runtime_lines(const std::vector<std::string>& commands) {
  std::string lines;
  size_t line = 0;
  for (const std::string& command : commands) {
    if (line > 0) lines += line + command.size() < kLongestLine ? ';' : '\n';
    line = lines.ends_with(';') ? line + command.size() + 1 : command.size();
    lines += command;
  }
  return lines + "\n";
}

Result<> tell_runtime(const Endpoint& socket, const std::vector<std::string>& commands, Duration timeout) {
  std::istringstream lines(runtime_lines(commands));
  for (std::string line; std::getline(lines, line);) {
    PENSTOCK_TRY(const std::string answer, ask_runtime(socket, line, timeout));
    if (const std::string said = last_line(answer); !said.empty()) return Error{Fault::machine, said, ""};
  }
  return success();
}

Result<> follow_runtime(const Endpoint& socket, const std::string& command, std::stop_token stop,
                        const std::function<bool(std::string_view)>& line) {
  const net::Patience patience(std::chrono::hours(24 * 365), std::move(stop));
  PENSTOCK_TRY(const os::UniqueFd connection, net::connect_unix(socket.socket, patience));
  PENSTOCK_CHECK(send_all(connection.get(), command + "\n", patience));
  std::string pending;
  return receive(connection.get(), patience, [&](std::string_view piece) {
    pending += piece;
    size_t from = 0;
    for (size_t end = 0; (end = pending.find('\n', from)) != std::string::npos; from = end + 1) {
      if (!line(std::string_view(pending).substr(from, end - from))) return false;
    }
    pending.erase(0, from);
    return true;
  });
}

}  // namespace penstock
