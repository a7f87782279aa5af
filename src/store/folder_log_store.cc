#include "store/folder_log_store.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "os/errors.h"
#include "os/files.h"
#include "os/unique_fd.h"

namespace penstock {
namespace {

// A writer holds a lock on its log: while nobody does, the log grows no more, also where its writer was killed.

class FolderLogWriter final : public LogWriter {
 public:
  explicit FolderLogWriter(os::UniqueFd fd) : fd_(std::move(fd)) {}

  Result<uint64_t> append(uint64_t offset, std::string_view bytes) override {
    if (offset > length_) {
      return Error{Fault::internal, "a log has a gap at byte " + std::to_string(length_), {}};
    }
    const uint64_t known = std::min<uint64_t>(length_ - offset, bytes.size());
    bytes.remove_prefix(known);
    while (!bytes.empty()) {
      const ssize_t written = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(length_));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return os::system_error("can't write a job's log", errno);
      length_ += static_cast<uint64_t>(written);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return length_;
  }

 private:
  os::UniqueFd fd_;
  uint64_t length_ = 0;
};

/// Of an attempt that never printed anything.
class EmptyLogReader final : public LogReader {
 public:
  Result<std::string> read(uint64_t, size_t) override { return std::string(); }
  Result<uint64_t> size() override { return uint64_t{0}; }
  Result<bool> wait(uint64_t, int) override { return false; }
};

class FolderLogReader final : public LogReader {
 public:
  FolderLogReader(std::filesystem::path path, os::UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  Result<std::string> read(uint64_t offset, size_t limit) override {
    std::string bytes(limit, '\0');
    for (;;) {
      const ssize_t got = ::pread(fd_.get(), bytes.data(), limit, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return os::system_error("can't read `" + path_.native() + "`", errno);
      bytes.resize(static_cast<size_t>(got));
      return bytes;
    }
  }

  Result<uint64_t> size() override {
    struct stat status {};
    if (::fstat(fd_.get(), &status) != 0) return os::system_error("can't read `" + path_.native() + "`", errno);
    return static_cast<uint64_t>(status.st_size);
  }

  Result<bool> wait(uint64_t offset, int stop_fd) override {
    PENSTOCK_CHECK(watch());
    for (;;) {
      // First whether it is over, then how long it is: what was written before the end is seen.
      const bool over = nobody_writes();
      PENSTOCK_TRY(const uint64_t length, size());
      if (length > offset) return true;
      if (over) return false;
      pollfd fds[2] = {{watch_.get(), POLLIN, 0}, {stop_fd, POLLIN, 0}};
      if (::poll(fds, 2, -1) < 0 && errno != EINTR) return os::system_error("can't wait for a log", errno);
      if ((fds[1].revents & POLLIN) != 0) return false;
      char events[4096];
      while (::read(watch_.get(), events, sizeof events) > 0) {
      }
    }
  }

 private:
  Result<> watch() {
    if (watch_) return success();
    watch_.reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!watch_ || ::inotify_add_watch(watch_.get(), path_.c_str(), IN_MODIFY | IN_CLOSE_WRITE) < 0) {
      return os::system_error("can't follow `" + path_.native() + "`", errno);
    }
    return success();
  }

  bool nobody_writes() {
    if (::flock(fd_.get(), LOCK_SH | LOCK_NB) != 0) return false;
    ::flock(fd_.get(), LOCK_UN);
    return true;
  }

  std::filesystem::path path_;
  os::UniqueFd fd_;
  os::UniqueFd watch_;
};

class FolderLogStore final : public LogStore {
 public:
  explicit FolderLogStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Result<std::unique_ptr<LogWriter>> create(int64_t run, int64_t attempt_id) override {
    const std::filesystem::path path = file(run, attempt_id);
    os::UniqueFd fd(open_new(path));
    if (!fd && errno == ENOENT) {
      PENSTOCK_CHECK(os::ensure_folder(path.parent_path(), 0700));
      fd.reset(open_new(path));
    }
    if (!fd) return os::system_error("can't write `" + path.native() + "`", errno);
    while (::flock(fd.get(), LOCK_EX) != 0 && errno == EINTR) {  // a reader holds it for a moment at most
    }
    return std::unique_ptr<LogWriter>(std::make_unique<FolderLogWriter>(std::move(fd)));
  }

  Result<std::unique_ptr<LogReader>> open(int64_t run, int64_t attempt_id) override {
    std::filesystem::path path = file(run, attempt_id);
    os::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (fd) return std::unique_ptr<LogReader>(std::make_unique<FolderLogReader>(std::move(path), std::move(fd)));
    if (errno == ENOENT) return std::unique_ptr<LogReader>(std::make_unique<EmptyLogReader>());
    return os::system_error("can't read `" + path.native() + "`", errno);
  }

  [[nodiscard]] std::string address(int64_t run, int64_t attempt_id) const override {
    return "file://" + file(run, attempt_id).native();
  }

  Result<> remove(int64_t run) override { return os::remove_tree(folder_ / std::to_string(run)); }

 private:
  [[nodiscard]] std::filesystem::path file(int64_t run, int64_t attempt_id) const {
    return folder_ / std::to_string(run) / (std::to_string(attempt_id) + ".log");
  }
  static int open_new(const std::filesystem::path& path) {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  }

  std::filesystem::path folder_;
};

}  // namespace

std::unique_ptr<LogStore> open_folder_log_store(const std::filesystem::path& folder) {
  return std::make_unique<FolderLogStore>(folder);
}

}  // namespace penstock
