#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "net/connect.h"
#include "net/http.h"
#include "net/patience.h"
#include "net/response_reader.h"
#include "net/url.h"
#include "os/errors.h"

namespace penstock::net {
namespace {

bool holds_line_break(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos; }

Result<std::string> request_text(const HttpRequest& request, const Url& url) {
  std::string text = request.method + " " + url.target + " HTTP/1.1\r\n";
  bool has_host = false;
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || holds_line_break(name) || holds_line_break(value) || name.find(':') != std::string::npos) {
      return Error{Fault::user, "a header's name or value can't be sent", "it holds a line break or a colon"};
    }
    has_host = has_host || name == "Host" || name == "host";
    text += name + ": " + value + "\r\n";
  }
  if (!has_host) text += "Host: " + url.authority() + "\r\n";
  if (!request.body.empty() || request.method == "POST") {
    text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return text + "Connection: close\r\n\r\n" + request.body;
}

Result<> send_all(int socket, std::string_view text, const Patience& patience) {
  while (!text.empty()) {
    const ssize_t sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      text.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN) {
      PENSTOCK_CHECK(patience.wait(socket, POLLOUT));
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return success();  // it may have answered before it closed: an early refusal of a long body
    } else if (errno != EINTR) {
      return os::system_error("can't send", errno);
    }
  }
  return success();
}

Result<> receive_all(int socket, ResponseReader& reader, const Patience& patience) {
  char buffer[16384];
  while (!reader.done()) {
    const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
    if (got > 0) {
      PENSTOCK_CHECK(reader.take({buffer, static_cast<size_t>(got)}));
    } else if (got == 0) {
      return reader.take_end();
    } else if (errno == EAGAIN) {
      PENSTOCK_CHECK(patience.wait(socket, POLLIN));
    } else if (errno == ECONNRESET) {
      return Error{Fault::machine, "connection reset", ""};
    } else if (errno != EINTR) {
      return os::system_error("can't receive", errno);
    }
  }
  return success();
}

}  // namespace

Result<HttpResponse> exchange_directly(const HttpRequest& request) {
  PENSTOCK_TRY(const Url url, parse_url(request.url));
  if (url.scheme != "http") return Error{Fault::user, "only http:// can be asked without TLS", ""};
  PENSTOCK_TRY(const std::string text, request_text(request, url));
  const Patience patience(request.timeout, request.stop);
  PENSTOCK_TRY(const os::UniqueFd socket, request.unix_socket.empty() ? connect_tcp(url.host, url.port, patience)
                                                                      : connect_unix(request.unix_socket, patience));
  PENSTOCK_CHECK(send_all(socket.get(), text, patience));
  ResponseReader reader(request);
  PENSTOCK_CHECK(receive_all(socket.get(), reader, patience));
  return std::move(reader.response());
}

}  // namespace penstock::net
