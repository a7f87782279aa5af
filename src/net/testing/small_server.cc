#include "net/testing/small_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <stdexcept>

namespace penstock::net {
namespace {

/// Where a request's body ends; npos while its head isn't whole.
size_t end_of(const std::string& text) {
  const size_t head = text.find("\r\n\r\n");
  if (head == std::string::npos) return head;
  const size_t length = text.find("Content-Length: ");
  return head + 4 + (length < head ? std::stoul(text.substr(length + 16)) : 0);
}

}  // namespace

SmallServer::SmallServer(Answer answer, const std::filesystem::path& unix_socket)
    : answer_(std::move(answer)), stopping_(::eventfd(0, EFD_CLOEXEC)) {
  if (unix_socket.empty()) {
    listen_tcp();
  } else {
    listen_unix(unix_socket);
  }
  if (::listen(listener_.get(), 64) != 0) throw std::runtime_error("listen");
  acceptor_ = std::jthread([this] { accept_all(); });
}

SmallServer::~SmallServer() {
  (void)::eventfd_write(stopping_.get(), 1);
  acceptor_.join();
  clients_.clear();
}

void SmallServer::listen_tcp() {
  listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) throw std::runtime_error("bind");
  (void)::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
}

void SmallServer::listen_unix(const std::filesystem::path& path) {
  listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("bind");
  }
}

void SmallServer::accept_all() {
  while (true) {
    pollfd ends[2] = {{listener_.get(), POLLIN, 0}, {stopping_.get(), POLLIN, 0}};
    if (::poll(ends, 2, -1) < 0) continue;
    if (ends[1].revents != 0) return;
    os::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) continue;
    const std::lock_guard lock(mutex_);
    clients_.emplace_back([this, fd = client.release()] { serve(os::UniqueFd(fd)); });
  }
}

void SmallServer::serve(os::UniqueFd client) {
  std::string request;
  char buffer[4096];
  bool answered = false;
  while (true) {
    pollfd ends[2] = {{client.get(), POLLIN, 0}, {stopping_.get(), POLLIN, 0}};
    if (::poll(ends, 2, -1) < 0) continue;
    if (ends[1].revents != 0) return;
    const ssize_t got = ::recv(client.get(), buffer, sizeof buffer, 0);
    if (got <= 0) return;
    request.append(buffer, static_cast<size_t>(got));
    if (answered || end_of(request) > request.size()) continue;
    answered = true;
    ++requests_;
    std::string answer = answer_(request);
    if (answer.empty()) continue;
    for (std::string_view left = answer; !left.empty();) {
      const ssize_t sent = ::send(client.get(), left.data(), left.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      left.remove_prefix(static_cast<size_t>(sent));
    }
    return;
  }
}

std::string http_answer(int status, const std::string& body, const std::string& more_headers) {
  return "HTTP/1.1 " + std::to_string(status) + " Words\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         more_headers + "\r\n" + body;
}

}  // namespace penstock::net
