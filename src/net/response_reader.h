#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace penstock::net {

/// Takes an HTTP/1.x answer in pieces, as they come from the socket. Heads of more than 64 KiB and anything that isn't
/// HTTP are refused.
class ResponseReader {
 public:
  /// An answer to HEAD has no body, whatever its head says.
  explicit ResponseReader(const HttpRequest& request)
      : body_limit_(request.body_limit), cut_body_(request.cut_body), no_body_(request.method == "HEAD") {}

  Result<> take(std::string_view piece);
  /// The other side has closed: the end of a body that has no length, else an error.
  Result<> take_end();
  [[nodiscard]] bool done() const { return state_ == State::done; }
  HttpResponse& response() { return response_; }

 private:
  enum class State { head, body, until_close, chunk_size, chunk, chunk_end, trailer, done };

  Result<bool> step();
  Result<bool> read_head();
  Result<> read_status(std::string_view line);
  Result<> read_header(std::string_view line);
  Result<> choose_body();
  Result<bool> read_sized(State after);
  Result<bool> read_chunk_size();
  Result<bool> read_line_end(State after);
  Result<bool> read_trailer();
  Result<> add(std::string_view bytes);
  [[nodiscard]] Error too_long() const;

  size_t body_limit_;
  bool cut_body_;
  bool no_body_;
  State state_ = State::head;
  std::string waiting_;  ///< What came and isn't understood yet.
  uint64_t left_ = 0;    ///< Of the body or the chunk.
  HttpResponse response_;
};

}  // namespace penstock::net
