#include "os/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "os/errors.h"

namespace penstock::os {
namespace {

std::string quoted(const std::filesystem::path& path) { return "`" + path.native() + "`"; }

Result<std::string> read_open_file(int fd, const std::filesystem::path& path, size_t limit) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return system_error("can't read " + quoted(path), errno);
  if (!S_ISREG(status.st_mode)) return Error{Fault::user, quoted(path) + " is not a regular file", ""};
  // One byte more than the size, so that the end is seen without growing; files of /proc say 0 and grow.
  std::string content(std::min<size_t>(static_cast<size_t>(status.st_size), limit) + 1, '\0');
  for (size_t have = 0;;) {
    if (have == content.size()) content.resize(have + std::max<size_t>(4096, have));
    const ssize_t got = ::read(fd, content.data() + have, content.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("can't read " + quoted(path), errno);
    have += static_cast<size_t>(got);
    if (have > limit) {
      return Error{Fault::user, quoted(path) + " is larger than " + std::to_string(limit) + " bytes", ""};
    }
    if (got == 0) {
      content.resize(have);
      return content;
    }
  }
}

/// Blocks SIGPIPE in this thread, and swallows the one that a write in between has raised.
class WithoutSigpipe {
 public:
  WithoutSigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~WithoutSigpipe() {
    if (raised_ && !was_pending_) {
      const timespec now{};
      while (::sigtimedwait(&pipe_, nullptr, &now) < 0 && errno == EINTR) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutSigpipe(const WithoutSigpipe&) = delete;
  WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;
  void raised() { raised_ = true; }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
  bool raised_ = false;
};

std::filesystem::path name_beside(const std::filesystem::path& path) {
  static std::atomic<unsigned> counter{0};
  std::filesystem::path beside = path;
  beside.replace_filename("." + path.filename().native() + "." + std::to_string(::getpid()) + "." +
                          std::to_string(counter.fetch_add(1)) + ".new");
  return beside;
}

FileType type_of(unsigned char type) {
  switch (type) {
    case DT_REG:
      return FileType::regular;
    case DT_DIR:
      return FileType::folder;
    case DT_LNK:
      return FileType::link;
    default:
      return FileType::other;
  }
}

FileType type_of_mode(mode_t mode) {
  if (S_ISREG(mode)) return FileType::regular;
  if (S_ISDIR(mode)) return FileType::folder;
  return S_ISLNK(mode) ? FileType::link : FileType::other;
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, size_t limit) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return system_error("can't read " + quoted(path), errno);
  return read_open_file(fd.get(), path, limit);
}

Result<std::optional<std::string>> read_file_if_exists(const std::filesystem::path& path, size_t limit) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) return std::optional<std::string>();
  if (!fd) return system_error("can't read " + quoted(path), errno);
  PENSTOCK_TRY(std::string content, read_open_file(fd.get(), path, limit));
  return std::optional<std::string>(std::move(content));
}

Result<> write_all(int fd, std::string_view bytes) {
  WithoutSigpipe guard;
  while (!bytes.empty()) {
    ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      int number = errno;
      if (number == EPIPE) guard.raised();
      return system_error("can't write", number);
    }
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return success();
}

Result<std::string> read_all(int fd, size_t limit) {
  std::string content;
  char buffer[65536];
  for (;;) {
    ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("can't read", errno);
    if (got == 0) return content;
    content.append(buffer, static_cast<size_t>(got));
    if (content.size() > limit) {
      return Error{Fault::machine, "read more than " + std::to_string(limit) + " bytes", ""};
    }
  }
}

Result<> sync_folder(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return system_error("can't sync " + quoted(path), errno);
  return success();
}

Result<> write_atomically(const std::filesystem::path& path, std::string_view content, Durability durability,
                          mode_t mode) {
  const std::filesystem::path beside = name_beside(path);
  UniqueFd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd) return system_error("can't write " + quoted(path), errno);
  Result<> written = write_all(fd.get(), content);
  if (written.ok() && durability == Durability::power_safe && ::fsync(fd.get()) != 0) {
    written = system_error("can't sync", errno);
  }
  fd.reset();
  if (written.ok() && ::rename(beside.c_str(), path.c_str()) != 0) written = system_error("can't rename", errno);
  if (!written.ok()) {
    ::unlink(beside.c_str());
    Error error = written.error();
    error.message = "writing " + quoted(path) + ": " + error.message;
    return error;
  }
  if (durability == Durability::power_safe) return sync_folder(path.parent_path());
  return success();
}

bool path_exists(const std::filesystem::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

Result<> ensure_folder(const std::filesystem::path& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return success();
  int number = errno;
  if (number == ENOENT && path.has_relative_path() && !path.parent_path().empty() && path.parent_path() != path) {
    PENSTOCK_CHECK(ensure_folder(path.parent_path(), mode));
    if (::mkdir(path.c_str(), mode) == 0) return success();
    number = errno;
  }
  if (number == EEXIST) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return success();
    number = ENOTDIR;
  }
  return system_error("can't make the folder " + quoted(path), number);
}

Result<std::vector<FolderEntry>> list_folder(int folder_fd) {
  int fd = ::openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  std::unique_ptr<DIR, int (*)(DIR*)> folder(fd < 0 ? nullptr : ::fdopendir(fd), ::closedir);
  if (!folder) {
    int number = errno;
    if (fd >= 0) ::close(fd);
    return system_error("can't read a folder", number);
  }
  std::vector<FolderEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr && errno != 0) return system_error("can't read a folder", errno);
    if (entry == nullptr) break;
    std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    FileType type = type_of(entry->d_type);
    if (entry->d_type == DT_UNKNOWN) {
      struct stat status {};
      if (::fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0) type = type_of_mode(status.st_mode);
    }
    entries.push_back({std::string(name), type});
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

Result<std::vector<FolderEntry>> list_folder(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return system_error("can't read the folder " + quoted(path), errno);
  return list_folder(fd.get());
}

}  // namespace penstock::os
