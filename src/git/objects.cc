#include "git/objects.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "git/command.h"
#include "git/refs.h"
#include "os/errors.h"
#include "os/files.h"

namespace penstock::git {
namespace {

/// Of a file. What is larger is no source of anything, and would fill the memory.
constexpr size_t kLargestBlob = size_t{16} << 20;

std::optional<ObjectType> object_type(std::string_view word) {
  if (word == "commit") return ObjectType::commit;
  if (word == "tree") return ObjectType::tree;
  if (word == "blob") return ObjectType::blob;
  if (word == "tag") return ObjectType::tag;
  return std::nullopt;
}

/// `ID SP TYPE SP SIZE`; nothing for `NAME missing`, `NAME ambiguous` and the like, whatever NAME looks like.
std::optional<ObjectInfo> parse_info(std::string_view line) {
  const size_t first = line.find(' ');
  if (first == std::string_view::npos || !is_object_id(line.substr(0, first))) return std::nullopt;
  const size_t second = line.find(' ', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  auto type = object_type(line.substr(first + 1, second - first - 1));
  ObjectInfo info;
  const char* end = line.data() + line.size();
  auto [after, problem] = std::from_chars(line.data() + second + 1, end, info.size);
  if (!type || problem != std::errc() || after != end) return std::nullopt;
  info.id = line.substr(0, first);
  info.type = *type;
  return info;
}

}  // namespace

ObjectReader::ObjectReader(std::vector<std::string> command, os::ProcessOptions options)
    : command_(std::move(command)), options_(std::move(options)) {
  options_.input = os::Stream::pipe;
  options_.output = os::Stream::pipe;
}

Result<> ObjectReader::expect(const std::vector<std::string>& names) {
  std::lock_guard lock(mutex_);
  PENSTOCK_CHECK(start());
  std::string questions;
  for (const std::string& name : names) questions.append("contents ").append(name).append("\n");
  if (!os::write_all(process_->input.get(), questions).ok()) return died();
  asked_.insert(asked_.end(), names.begin(), names.end());
  return success();
}

Result<std::optional<ObjectInfo>> ObjectReader::info(std::string_view name) {
  std::lock_guard lock(mutex_);
  return ask("info ", name);
}

void ObjectReader::rest() {
  std::lock_guard lock(mutex_);
  if (!process_ || !asked_.empty()) return;
  process_->input.reset();
  leaving_ = std::move(process_);
  forget();
}

void ObjectReader::forget() {
  process_.reset();
  buffer_.clear();
  used_ = 0;
  asked_.clear();
}

Result<ObjectReader::Contents> ObjectReader::contents(std::string_view name) {
  std::lock_guard lock(mutex_);
  PENSTOCK_CHECK(take_expected(name));
  if (const auto found = arrived_.find(name); found != arrived_.end()) {
    Contents answer = std::move(found->second);
    arrived_.erase(found);
    return answer;
  }
  PENSTOCK_TRY(std::optional<ObjectInfo> info, ask("contents ", name));
  return read_bytes_of(std::move(info));
}

Result<> ObjectReader::take_expected(std::string_view name) {
  while (!asked_.empty() && !arrived_.contains(name)) {
    PENSTOCK_TRY(const std::string line, read_line());
    Result<Contents> answer = read_bytes_of(parse_info(line));
    // Too large: told to who asks for it. What was expected after it is asked for anew.
    if (!answer.ok() && answer.error().fault == Fault::user) return success();
    if (!answer.ok()) return answer.error();
    arrived_.insert_or_assign(std::move(asked_.front()), *std::move(answer));
    asked_.pop_front();
  }
  return success();
}

Result<ObjectReader::Contents> ObjectReader::read_bytes_of(std::optional<ObjectInfo> info) {
  if (!info) return Contents();
  if (info->type == ObjectType::blob && info->size > kLargestBlob) {
    forget();  // sooner than it has sent what nobody takes; the next question starts another
    return Error{Fault::user, "larger than " + std::to_string(kLargestBlob) + " bytes", ""};
  }
  PENSTOCK_TRY(std::string bytes, read_bytes(info->size + 1));
  bytes.pop_back();
  return Contents(std::pair(std::move(*info), std::move(bytes)));
}

Result<> ObjectReader::start() {
  if (process_) return success();
  // Not a pipe, which nobody would read: a partial clone that fetches an object reports its progress, and would stand
  // still.
  words_.reset(::memfd_create("git-words", MFD_CLOEXEC));
  os::ProcessOptions options = options_;
  options.pass = {{words_.get(), STDERR_FILENO}};
  PENSTOCK_TRY(os::Process process, os::Process::start(command_, options));
  process_.emplace(std::move(process));
  return success();
}

Result<std::optional<ObjectInfo>> ObjectReader::ask(std::string_view verb, std::string_view name) {
  PENSTOCK_CHECK(take_expected({}));
  PENSTOCK_CHECK(start());
  buffer_.erase(0, used_);
  used_ = 0;
  std::string question(verb);
  question.append(name).append("\n");
  if (!os::write_all(process_->input.get(), question).ok()) return died();
  PENSTOCK_TRY(const std::string line, read_line());
  return parse_info(line);
}

Result<std::string> ObjectReader::read_line() {
  for (size_t searched = used_;;) {
    const size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(used_, end - used_);
      used_ = end + 1;
      return line;
    }
    searched = buffer_.size();
    PENSTOCK_CHECK(fill());
  }
}

Result<std::string> ObjectReader::read_bytes(size_t count) {
  std::string bytes = buffer_.substr(used_, count);
  used_ += bytes.size();
  size_t filled = bytes.size();
  bytes.resize(count);
  while (filled < count) {
    PENSTOCK_TRY(const size_t got, read_some(bytes.data() + filled, count - filled));
    filled += got;
  }
  return bytes;
}

Result<> ObjectReader::fill() {
  char piece[65536];
  PENSTOCK_TRY(const size_t got, read_some(piece, sizeof piece));
  buffer_.append(piece, got);
  return success();
}

Result<size_t> ObjectReader::read_some(char* to, size_t most) {
  ssize_t got = 0;
  do {
    got = ::read(process_->output.get(), to, most);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return died();
  return static_cast<size_t>(got);
}

Error ObjectReader::died() {
  os::RunResult result;
  process_->input.reset();
  if (auto status = process_->wait(); status.ok()) result.status = *status;
  forget();
  ::lseek(words_.get(), 0, SEEK_SET);
  if (auto words = os::read_all(words_.get()); words.ok()) result.errors = *words;
  return git_error({"cat-file"}, result);
}

}  // namespace penstock::git
