#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
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
  ready,      ///< room → ci: it is furnished; descriptors of the project's folder, of TMPDIR and, where caches lie
              ///< beneath, of the upper folder; the paths of the first two, the rung.
  run,        ///< ci → room: a ShellOrder, with the descriptors of its output and, where it is long, its script.
  ended,      ///< room → ci: a ShellReport.
  signal,     ///< ci → room: a signal for every process in it.
  recycle,    ///< ci → room: the job is over; is the room fit for another one?
  pristine,   ///< room → ci: it is as it was when it was ready. (Else it just ends.)
  keep,       ///< ci → room: put aside what the job left; a name, and how large it may be.
  kept,       ///< room → ci: done.
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

/// For `void fields(auto& archive, Is<Thing> auto& thing) { archive(thing.a, thing.b); }`, which makes a struct a field
/// of payloads: one list of its members, const or not, serves both directions.
template <class T, class Struct>
concept Is = std::is_same_v<std::remove_const_t<T>, Struct>;

void fields(auto& archive, Is<Error> auto& error) { archive(error.fault, error.message, error.help); }

/// Builds a payload: numbers, texts, lists and structs one after another.
class PayloadWriter {
 public:
  template <class... Fields>
  void operator()(const Fields&... fields) {
    (put(fields), ...);
  }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  void put(const std::string& value);
  template <class T>
  void put(const std::vector<T>& values) {
    put(values.size());
    for (const T& value : values) put(value);
  }
  template <class T>
  void put(const T& value) {
    if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      put_number(static_cast<int64_t>(value));
    } else {
      fields(*this, value);
    }
  }
  void put_number(int64_t value);

  std::string bytes_;
};

/// Reads one back, field by field. Our own other half wrote it: what is missing reads as 0 or empty.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view bytes) : rest_(bytes) {}
  template <class... Fields>
  void operator()(Fields&... fields) {
    (get(fields), ...);
  }

 private:
  void get(std::string& value);
  template <class T>
  void get(std::vector<T>& values) {
    for (int64_t left = number(); left > 0 && !rest_.empty(); --left) get(values.emplace_back());
  }
  template <class T>
  void get(T& value) {
    if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      value = static_cast<T>(number());
    } else {
      fields(*this, value);
    }
  }
  int64_t number();

  std::string_view rest_;
};

template <class... Fields>
std::string encode(const Fields&... values) {
  PayloadWriter writer;
  writer(values...);
  return writer.take();
}

template <class... Fields>
void decode_into(std::string_view payload, Fields&... values) {
  PayloadReader reader(payload);
  reader(values...);
}

template <class T>
T decode(std::string_view payload) {
  T value{};
  decode_into(payload, value);
  return value;
}

}  // namespace penstock::sandbox
