#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "os/unique_fd.h"

namespace penstock::net {

/// A real server for tests: takes connections on 127.0.0.1 (or a unix socket), hands each request's text (head and
/// body) to `answer`, sends what that returns as it is and closes. An empty answer: it says nothing until the client or
/// the server goes.
class SmallServer {
 public:
  using Answer = std::function<std::string(const std::string& request)>;
  explicit SmallServer(Answer answer, const std::filesystem::path& unix_socket = {});
  ~SmallServer();
  SmallServer(const SmallServer&) = delete;
  SmallServer& operator=(const SmallServer&) = delete;

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  /// Requests so far.
  [[nodiscard]] int requests() const { return requests_; }

 private:
  void listen_tcp();
  void listen_unix(const std::filesystem::path& path);
  void accept_all();
  void serve(os::UniqueFd client);

  Answer answer_;
  os::UniqueFd listener_;
  os::UniqueFd stopping_;
  int port_ = 0;
  std::atomic<int> requests_ = 0;
  std::mutex mutex_;
  std::vector<std::jthread> clients_;
  std::jthread acceptor_;
};

/// A whole answer with Content-Length.
std::string http_answer(int status, const std::string& body, const std::string& more_headers = {});

}  // namespace penstock::net
