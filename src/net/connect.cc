#include "net/connect.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "os/errors.h"

namespace penstock::net {
namespace {

Error reason(int number) {
  switch (number) {
    case ECONNREFUSED:
      return {Fault::machine, "connection refused", ""};
    case EHOSTUNREACH:
    case ENETUNREACH:
      return {Fault::machine, "no way to the host", ""};
    case ECONNRESET:
      return {Fault::machine, "connection reset", ""};
    default:
      return os::system_error("can't connect", number);
  }
}

Result<os::UniqueFd> connect_to(int family, const sockaddr* address, socklen_t size, const Patience& patience) {
  os::UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return os::system_error("can't open a socket", errno);
  if (::connect(socket.get(), address, size) == 0) return socket;
  if (errno != EINPROGRESS) return reason(errno);
  PENSTOCK_CHECK(patience.wait(socket.get(), POLLOUT));
  int number = 0;
  socklen_t length = sizeof number;
  (void)::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &number, &length);
  if (number != 0) return reason(number);
  return socket;
}

}  // namespace

Result<os::UniqueFd> connect_tcp(const std::string& host, int port, const Patience& patience) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failure != 0)
    return Error{Fault::machine, "the host's name isn't known: " + std::string(::gai_strerror(failure)), ""};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  Error last{Fault::machine, "the host has no address", ""};
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    Result<os::UniqueFd> socket = connect_to(one->ai_family, one->ai_addr, one->ai_addrlen, patience);
    if (socket.ok()) {
      const int on = 1;
      (void)::setsockopt(socket->get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      return socket;
    }
    last = socket.error();
  }
  return last;
}

Result<os::UniqueFd> connect_unix(const std::string& path, const Patience& patience) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Error{Fault::machine, "the socket's path is too long: " + path, ""};
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return connect_to(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address, patience);
}

}  // namespace penstock::net
