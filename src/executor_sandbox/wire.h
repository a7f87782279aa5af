#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/unique_fd.h"

namespace penstock::sandbox {

/// What is said between `ci`, its zygote and the rooms' first processes. All are the same program, forked: the bytes
/// never leave the machine and have no version.
enum class MessageKind : uint32_t {
  failure,    ///< Answers anything: an Error.
  hello,      ///< zygote → ci: it stands on its rung; with the machine's count of OOM kills.
  refused,    ///< zygote → ci: it can't stand on its rung; a Trial.
  probe,      ///< ci → zygote: mount an overlay to see whether that works.
  stands,     ///< zygote → ci: it does.
  furnish,    ///< ci → zygote: a RoomPlan of which a room will be asked for soon. No answer.
  rest,       ///< ci → zygote: no room will be asked for soon. No answer.
  open_room,  ///< ci → zygote: a RoomPlan.
  room,       ///< zygote → ci: one descriptor, the socket of the room's first process.
  ready,    ///< room → ci: it is furnished; descriptors of the project's folder and of TMPDIR, their paths, the rung.
  run,      ///< ci → room: a ShellOrder, with the descriptors of its output and, where it is long, its script.
  ended,    ///< room → ci: a ShellReport.
  signal,   ///< ci → room: a signal for every process in it.
  recycle,  ///< ci → room: the job is over; is the room fit for another one?
  pristine,  ///< room → ci: it is as it was when it was ready. (Else it just ends.)
  keep,      ///< ci → room: put aside what the job left; a name, and how large it may be.
  kept,      ///< room → ci: done.
};

struct Message {
  MessageKind kind = MessageKind::failure;
  std::string payload;
  std::vector<os::UniqueFd> fds;
};

/// Sends one message over a stream socket. The descriptors stay the caller's.
Result<> send_message(int socket, MessageKind kind, std::string_view payload, const std::vector<int>& fds = {});

/// The next message; nothing at the stream's end.
Result<std::optional<Message>> receive_message(int socket);

/// The two ends of a stream socket for messages.
struct SocketPair {
  os::UniqueFd ours;
  os::UniqueFd theirs;
};
Result<SocketPair> make_socket_pair();

/// Builds a payload: numbers and strings one after another.
class PayloadWriter {
 public:
  void number(int64_t value);
  void text(std::string_view value);
  void texts(const std::vector<std::string>& values);
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads one back in the order in which it was written. Our own other half wrote it: what is missing reads as 0 or
/// empty.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view bytes) : rest_(bytes) {}
  int64_t number();
  std::string text();
  std::vector<std::string> texts();

 private:
  std::string_view rest_;
};

std::string error_payload(const Error& error);
Error error_from_payload(std::string_view payload);

}  // namespace penstock::sandbox
