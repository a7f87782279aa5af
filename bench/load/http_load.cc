// Sends requests to a web server on 127.0.0.1 at a steady rate, whatever becomes of them, and counts what does.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kHelp =
    "http_load PORT RATE SECONDS [PATH]: GET PATH at RATE requests a second over kept-alive connections, for SECONDS "
    "or "
    "until\n"
    "standard input ends (SECONDS 0). Prints a line each 100 ms: milliseconds since 1970, answers below 500, answers "
    "from\n"
    "500 on, requests without an answer; and at the end JSON with the sums, latencies in microseconds, and `retried`:\n"
    "requests that met the end of an idle connection and were sent again, as HTTP clients do (RFC 9112, 9.3.1).\n";

struct Counts {
  uint64_t good = 0;
  uint64_t bad = 0;
  uint64_t lost = 0;
  Counts& operator+=(const Counts& other) {
    good += other.good;
    bad += other.bad;
    lost += other.lost;
    return *this;
  }
};

struct Connection {
  int fd = -1;
  bool busy = false;
  bool connecting = false;
  bool used_before = false;  // it has answered: its end may be that of an idle connection
  bool again = false;        // the request is a second try
  std::string unsent;
  std::string answer;
  Clock::time_point begun;
};

class Load {
 public:
  Load(int port, double rate, const std::string& path) : port_(port), rate_(rate) {
    request_ = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: http_load\r\n\r\n";
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  }

  void run(double seconds) {
    const Clock::time_point start = Clock::now();
    Clock::time_point next_line = start + kLine;
    uint64_t begun = 0;
    for (;;) {
      const Clock::time_point now = Clock::now();
      const double elapsed = std::chrono::duration<double>(now - start).count();
      if (seconds > 0 ? elapsed >= seconds : input_ended()) break;
      for (const auto due = static_cast<uint64_t>(elapsed * rate_); begun < due; ++begun) begin(false, now);
      if (now >= next_line) {
        line();
        next_line += kLine;
      }
      events(1);
    }
    const Clock::time_point patience = Clock::now() + std::chrono::seconds(10);
    while (open_ > 0 && Clock::now() < patience) events(10);
    for (const auto& each : connections_) {
      if (each->busy) ++now_.lost;
    }
    line();
    summary(begun);
  }

 private:
  static constexpr auto kLine = std::chrono::milliseconds(100);

  static bool input_ended() {
    pollfd end{STDIN_FILENO, POLLIN, 0};
    char c = 0;
    return ::poll(&end, 1, 0) > 0 && ::read(STDIN_FILENO, &c, 1) <= 0;
  }

  void begin(bool again, Clock::time_point begun) {
    Connection* connection = nullptr;
    if (!again && !idle_.empty()) {
      connection = idle_.back();
      idle_.pop_back();
    } else {
      connection = connect();
    }
    connection->busy = true;
    connection->again = again;
    connection->begun = begun;
    connection->unsent = request_;
    connection->answer.clear();
    ++open_;
    if (!connection->connecting) send(*connection);
  }

  Connection* connect() {
    Connection* connection = nullptr;
    if (closed_.empty()) {
      connection = connections_.emplace_back(std::make_unique<Connection>()).get();
    } else {
      connection = closed_.back();
      closed_.pop_back();
    }
    *connection = {};
    connection->fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connection->fd < 0) {
      std::perror("http_load: socket");
      std::exit(1);
    }
    const int one = 1;
    ::setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->connecting = true;
    (void)::connect(connection->fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = connection;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection->fd, &event);
    return connection;
  }

  void send(Connection& connection) {
    while (!connection.unsent.empty()) {
      const ssize_t sent = ::send(connection.fd, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL);
      if (sent < 0) {
        if (errno != EAGAIN) broken(connection);
        return;
      }
      connection.unsent.erase(0, static_cast<size_t>(sent));
    }
  }

  void events(int milliseconds) {
    epoll_event ready[256];
    const int count = ::epoll_wait(epoll_, ready, 256, milliseconds);
    for (int i = 0; i < count; ++i) {
      auto& connection = *static_cast<Connection*>(ready[i].data.ptr);
      if (connection.fd < 0) continue;
      if (connection.connecting && (ready[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) {
        int problem = 0;
        socklen_t size = sizeof problem;
        ::getsockopt(connection.fd, SOL_SOCKET, SO_ERROR, &problem, &size);
        if (problem != 0) {
          broken(connection);
          continue;
        }
        connection.connecting = false;
      }
      if (!connection.connecting && connection.busy) send(connection);
      if (connection.fd >= 0 && (ready[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) receive(connection);
    }
  }

  void receive(Connection& connection) {
    char buffer[65536];
    for (;;) {
      const ssize_t got = ::recv(connection.fd, buffer, sizeof buffer, 0);
      if (got > 0) {
        connection.answer.append(buffer, static_cast<size_t>(got));
        continue;
      }
      if (got < 0 && errno == EAGAIN) break;
      if (connection.busy) {
        if (!finish(connection, true)) broken(connection);
      } else {
        close(connection);
      }
      return;
    }
    if (connection.busy) finish(connection, false);
  }

  /// Counts the answer where it is whole.
  bool finish(Connection& connection, bool ended) {
    const std::string& answer = connection.answer;
    const size_t head = answer.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    std::string lower = answer.substr(0, head + 2);
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    size_t length = 0;
    const size_t at = lower.find("\r\ncontent-length:");
    if (at != std::string::npos) {
      length = static_cast<size_t>(std::strtoull(lower.c_str() + at + 17, nullptr, 10));
    } else if (!ended) {
      return false;  // to the connection's end
    }
    if (answer.size() < head + 4 + length) return false;
    int status = 0;
    if (answer.size() > 12) std::from_chars(answer.data() + 9, answer.data() + 12, status);
    ++statuses_[status];
    ++(status >= 200 && status < 500 ? now_.good : now_.bad);
    latencies_.push_back(static_cast<uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - connection.begun).count()));
    connection.busy = false;
    --open_;
    if (ended || lower.find("\r\nconnection: close") != std::string::npos) {
      close(connection);
    } else {
      connection.used_before = true;
      idle_.push_back(&connection);
    }
    return true;
  }

  void broken(Connection& connection) {
    const bool idle_end = connection.used_before && connection.answer.empty() && !connection.again;
    const Clock::time_point begun = connection.begun;
    connection.busy = false;
    --open_;
    close(connection);
    if (idle_end) {
      ++retried_;
      begin(true, begun);
    } else {
      ++now_.lost;
    }
  }

  void close(Connection& connection) {
    std::erase(idle_, &connection);
    ::close(connection.fd);
    connection.fd = -1;
    closed_.push_back(&connection);
  }

  void line() {
    const auto wall =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
    std::printf("%lld %llu %llu %llu\n", static_cast<long long>(wall.count()),
                static_cast<unsigned long long>(now_.good), static_cast<unsigned long long>(now_.bad),
                static_cast<unsigned long long>(now_.lost));
    std::fflush(stdout);
    all_ += now_;
    now_ = {};
  }

  void summary(uint64_t begun) {
    std::sort(latencies_.begin(), latencies_.end());
    auto quantile = [&](double q) {
      return latencies_.empty() ? 0u : latencies_[static_cast<size_t>(q * static_cast<double>(latencies_.size() - 1))];
    };
    std::string statuses;
    for (const auto& [status, count] : statuses_) {
      statuses += (statuses.empty() ? "\"" : ",\"") + std::to_string(status) + "\":" + std::to_string(count);
    }
    std::printf(
        "{\"requests\":%llu,\"good\":%llu,\"bad\":%llu,\"lost\":%llu,\"retried\":%llu,\"p50\":%u,\"p99\":%u,"
        "\"longest\":%u,"
        "\"statuses\":{%s}}\n",
        static_cast<unsigned long long>(begun), static_cast<unsigned long long>(all_.good),
        static_cast<unsigned long long>(all_.bad), static_cast<unsigned long long>(all_.lost),
        static_cast<unsigned long long>(retried_), quantile(0.5), quantile(0.99), quantile(1), statuses.c_str());
  }

  int port_;
  double rate_;
  std::string request_;
  int epoll_ = -1;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> idle_;
  std::vector<Connection*> closed_;
  size_t open_ = 0;
  Counts now_;
  Counts all_;
  uint64_t retried_ = 0;
  std::map<int, uint64_t> statuses_;
  std::vector<uint32_t> latencies_;
};

}  // namespace

int main(int count, char** words) {
  if (count < 4 || std::string_view(words[1]) == "--help") {
    std::fputs(kHelp, count < 4 ? stderr : stdout);
    return count < 4 ? 2 : 0;
  }
  Load(std::atoi(words[1]), std::atof(words[2]), count > 4 ? words[4] : "/").run(std::atof(words[3]));
  return 0;
}
