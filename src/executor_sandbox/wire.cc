#include "executor_sandbox/wire.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "os/errors.h"

namespace penstock::sandbox {
namespace {

constexpr size_t kMaxFds = 4;

struct Header {
  uint32_t kind;
  uint32_t size;
};

/// Receives exactly `size` bytes; fewer only at the stream's end.
Result<size_t> receive_exactly(int socket, char* to, size_t size) {
  size_t got = 0;
  while (got < size) {
    ssize_t piece = ::recv(socket, to + got, size - got, 0);
    if (piece < 0 && errno == EINTR) continue;
    if (piece < 0) return os::system_error("can't hear from the sandbox", errno);
    if (piece == 0) break;
    got += static_cast<size_t>(piece);
  }
  return got;
}

Result<> send_exactly(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return os::system_error("can't talk to the sandbox", errno);
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return success();
}

}  // namespace

Result<> send_message(int socket, MessageKind kind, std::string_view payload, const std::vector<int>& fds) {
  Header header{static_cast<uint32_t>(kind), static_cast<uint32_t>(payload.size())};
  iovec parts[2] = {{&header, sizeof header}, {const_cast<char*>(payload.data()), payload.size()}};
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxFds * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  if (!fds.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
    cmsghdr* slot = CMSG_FIRSTHDR(&message);
    slot->cmsg_level = SOL_SOCKET;
    slot->cmsg_type = SCM_RIGHTS;
    slot->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    std::memcpy(CMSG_DATA(slot), fds.data(), fds.size() * sizeof(int));
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return os::system_error("can't talk to the sandbox", errno);
  size_t done = static_cast<size_t>(sent);
  if (done < sizeof header) {
    const char* rest = reinterpret_cast<const char*>(&header) + done;
    PENSTOCK_CHECK(send_exactly(socket, {rest, sizeof header - done}));
    done = sizeof header;
  }
  return send_exactly(socket, payload.substr(done - sizeof header));
}

Result<std::optional<Message>> receive_message(int socket) {
  Header header{};
  iovec part{&header, sizeof header};
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxFds * sizeof(int))] = {};
  msghdr envelope{};
  envelope.msg_iov = &part;
  envelope.msg_iovlen = 1;
  envelope.msg_control = control;
  envelope.msg_controllen = sizeof control;
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &envelope, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno != ECONNRESET) return os::system_error("can't hear from the sandbox", errno);
  if (got <= 0) return std::optional<Message>();
  Message message;
  for (cmsghdr* slot = CMSG_FIRSTHDR(&envelope); slot != nullptr; slot = CMSG_NXTHDR(&envelope, slot)) {
    if (slot->cmsg_level != SOL_SOCKET || slot->cmsg_type != SCM_RIGHTS) continue;
    int fds[kMaxFds];
    size_t count = std::min(kMaxFds, (slot->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(fds, CMSG_DATA(slot), count * sizeof(int));
    for (size_t i = 0; i < count; ++i) message.fds.emplace_back(fds[i]);
  }
  const size_t head = static_cast<size_t>(got);
  PENSTOCK_TRY(size_t rest, receive_exactly(socket, reinterpret_cast<char*>(&header) + head, sizeof header - head));
  if (head + rest < sizeof header) return std::optional<Message>();
  message.kind = static_cast<MessageKind>(header.kind);
  message.payload.resize(header.size);
  PENSTOCK_TRY(size_t body, receive_exactly(socket, message.payload.data(), header.size));
  if (body < header.size) return std::optional<Message>();
  return std::optional<Message>(std::move(message));
}

Result<SocketPair> make_socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return os::system_error("can't make a socket for the sandbox", errno);
  }
  return SocketPair{os::UniqueFd(ends[0]), os::UniqueFd(ends[1])};
}

void PayloadWriter::put_number(int64_t value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }

void PayloadWriter::put(const std::string& value) {
  put(value.size());
  bytes_ += value;
}

int64_t PayloadReader::number() {
  int64_t value = 0;
  if (rest_.size() < sizeof value) return 0;
  std::memcpy(&value, rest_.data(), sizeof value);
  rest_.remove_prefix(sizeof value);
  return value;
}

void PayloadReader::get(std::string& value) {
  value = rest_.substr(0, static_cast<size_t>(number()));
  rest_.remove_prefix(value.size());
}

}  // namespace penstock::sandbox
