#include "target_commands/instance_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/last_lines.h"
#include "delivery/command.h"
#include "os/errors.h"
#include "os/unique_fd.h"

namespace penstock {
namespace {

constexpr off_t kTail = off_t{64} << 10;
constexpr std::chrono::milliseconds kBeat{200};

/// The file from `from` on; an empty text where it isn't there.
Result<std::string> read_from(const std::filesystem::path& path, off_t& from) {
  const os::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file && errno == ENOENT) return std::string();
  if (!file) return os::system_error("can't open " + path.string(), errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return os::system_error("can't read " + path.string(), errno);
  if (from < 0) from = std::max<off_t>(0, status.st_size - kTail);
  if (status.st_size < from) from = 0;  // it was begun anew
  std::string text(static_cast<size_t>(std::min(status.st_size - from, kTail)), '\0');
  const ssize_t got = ::pread(file.get(), text.data(), text.size(), from);
  if (got < 0) return os::system_error("can't read " + path.string(), errno);
  text.resize(static_cast<size_t>(got));
  from += got;
  return text;
}

}  // namespace

Result<std::string> last_log(const std::filesystem::path& path, int lines) {
  off_t from = -1;
  PENSTOCK_TRY(const std::string text, read_from(path, from));
  return last_lines(text, lines);
}

Result<> follow_log(const std::filesystem::path& path, std::stop_token stop,
                    const std::function<bool(std::string_view)>& line) {
  off_t from = -1;
  std::string half;
  std::mutex mutex;
  std::condition_variable_any stopped;
  while (!stop.stop_requested()) {
    PENSTOCK_TRY(const std::string piece, read_from(path, from));
    half += piece;
    for (size_t end = half.find('\n'); end != std::string::npos; end = half.find('\n')) {
      if (!line(std::string_view(half).substr(0, end))) return success();
      half.erase(0, end + 1);
    }
    if (!piece.empty()) continue;
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, kBeat, [] { return false; });
  }
  return success();
}

}  // namespace penstock
