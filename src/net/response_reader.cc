#include "net/response_reader.h"

#include <strings.h>

#include <algorithm>
#include <charconv>

#include "base/trimmed.h"

namespace penstock::net {
namespace {

constexpr size_t kLongestHead = size_t{64} << 10;

Error not_http(const char* why) { return {Fault::machine, std::string("not an HTTP answer: ") + why, ""}; }

bool whole_number(std::string_view text, uint64_t& number, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && !text.empty() && end == text.data() + text.size();
}

}  // namespace

bool same_word(std::string_view one, std::string_view other) {
  return one.size() == other.size() && ::strncasecmp(one.data(), other.data(), one.size()) == 0;
}

const std::string* HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (same_word(key, name)) return &value;
  }
  return nullptr;
}

Result<> ResponseReader::take(std::string_view piece) {
  waiting_ += piece;
  while (true) {
    PENSTOCK_TRY(const bool further, step());
    if (!further) return success();
  }
}

Result<> ResponseReader::take_end() {
  if (state_ == State::until_close) state_ = State::done;
  if (state_ == State::done) return success();
  if (state_ == State::head && waiting_.empty()) {
    return Error{Fault::machine, "the connection was closed without an answer", ""};
  }
  return Error{Fault::machine, "the connection was closed in the middle of the answer", ""};
}

/// Understands one more part of what waits; false where more must come first.
Result<bool> ResponseReader::step() {
  switch (state_) {
    case State::head:
      return read_head();
    case State::body:
      return read_sized(State::done);
    case State::until_close: {
      PENSTOCK_CHECK(add(waiting_));
      waiting_.clear();
      return false;
    }
    case State::chunk_size:
      return read_chunk_size();
    case State::chunk:
      return read_sized(State::chunk_end);
    case State::chunk_end:
      return read_line_end(State::chunk_size);
    case State::trailer:
      return read_trailer();
    case State::done:
      return false;
  }
  return false;
}

Result<bool> ResponseReader::read_head() {
  const size_t end = waiting_.find("\r\n\r\n");
  if (end == std::string::npos || end > kLongestHead) {
    if (waiting_.size() > kLongestHead) return not_http("its head is longer than 64 KiB");
    if (waiting_.size() >= 5 && waiting_.compare(0, 5, "HTTP/") != 0) return not_http("it doesn't begin with HTTP/");
    return false;
  }
  std::string_view head = std::string_view(waiting_).substr(0, end);
  const size_t first = std::min(head.find("\r\n"), head.size());
  PENSTOCK_CHECK(read_status(head.substr(0, first)));
  response_.headers.clear();
  while (first != head.size() && !head.empty()) {
    const size_t line_end = head.find("\r\n");
    if (line_end == std::string_view::npos) break;
    head.remove_prefix(line_end + 2);
    PENSTOCK_CHECK(read_header(head.substr(0, head.find("\r\n"))));
  }
  waiting_.erase(0, end + 4);
  if (response_.status >= 200) PENSTOCK_CHECK(choose_body());  // 1xx: the real head follows
  return true;
}

Result<> ResponseReader::read_status(std::string_view line) {
  // `HTTP/1.1 200 OK`; the words may be missing.
  uint64_t status = 0;
  if (line.size() < 12 || line.substr(0, 7) != "HTTP/1." || line[8] != ' ' ||
      !whole_number(line.substr(9, 3), status, 10) || status < 100) {
    return not_http("its first line is malformed");
  }
  response_.status = static_cast<int>(status);
  return success();
}

Result<> ResponseReader::read_header(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return not_http("a header has no name");
  response_.headers.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
  return success();
}

Result<> ResponseReader::choose_body() {
  if (no_body_ || response_.status == 204 || response_.status == 304) {
    state_ = State::done;
    return success();
  }
  if (const std::string* coding = response_.header("Transfer-Encoding")) {
    if (!same_word(*coding, "chunked")) return not_http("its transfer encoding isn't chunked");
    state_ = State::chunk_size;
    return success();
  }
  const std::string* length = response_.header("Content-Length");
  if (length == nullptr) {
    state_ = State::until_close;
    return success();
  }
  if (!whole_number(*length, left_, 10)) return not_http("its Content-Length is no number");
  if (left_ > body_limit_ && !cut_body_) return too_long();
  state_ = left_ == 0 ? State::done : State::body;
  return success();
}

Result<bool> ResponseReader::read_sized(State after) {
  const size_t part = static_cast<size_t>(std::min<uint64_t>(left_, waiting_.size()));
  PENSTOCK_CHECK(add(std::string_view(waiting_).substr(0, part)));
  if (state_ == State::done) return false;
  waiting_.erase(0, part);
  left_ -= part;
  if (left_ > 0) return false;
  state_ = after;
  return true;
}

Result<bool> ResponseReader::read_chunk_size() {
  const size_t end = waiting_.find("\r\n");
  if (end == std::string::npos) {
    if (waiting_.size() > kLongestHead) return not_http("a chunk's head is longer than 64 KiB");
    return false;
  }
  std::string_view size = std::string_view(waiting_).substr(0, end);
  size = trimmed(size.substr(0, size.find(';')));
  if (!whole_number(size, left_, 16)) return not_http("a chunk's size is no number");
  waiting_.erase(0, end + 2);
  state_ = left_ == 0 ? State::trailer : State::chunk;
  return true;
}

Result<bool> ResponseReader::read_line_end(State after) {
  if (waiting_.size() < 2) return false;
  if (waiting_.compare(0, 2, "\r\n") != 0) return not_http("a chunk is longer than it says");
  waiting_.erase(0, 2);
  state_ = after;
  return true;
}

Result<bool> ResponseReader::read_trailer() {
  const size_t end = waiting_.find("\r\n");
  if (end == std::string::npos) {
    if (waiting_.size() > kLongestHead) return not_http("its trailer is longer than 64 KiB");
    return false;
  }
  waiting_.erase(0, end + 2);
  if (end == 0) state_ = State::done;
  return true;
}

Error ResponseReader::too_long() const {
  return {Fault::machine, "the answer is longer than " + std::to_string(body_limit_) + " bytes", ""};
}

Result<> ResponseReader::add(std::string_view bytes) {
  const size_t room = body_limit_ - response_.body.size();
  if (bytes.size() > room && !cut_body_) return too_long();
  response_.body += bytes.substr(0, room);
  if (bytes.size() > room) state_ = State::done;  // enough was seen
  return success();
}

}  // namespace penstock::net
