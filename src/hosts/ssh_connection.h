#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/process.h"

namespace penstock {

/// One ssh connection that all sessions with a host share, made by the `ssh` program with the user's own
/// configuration. It ends with this object or with this process, however that dies: its first session is a `cat` that
/// we hold the input of.
class SshConnection {
 public:
  /// `options` come first on ssh's command line, where the first value of an option wins. `folder` is private, with a
  /// path short enough for a socket in it. `on_slow` (or null): as in HostPool.
  SshConnection(std::string host, const std::vector<std::string>& options, std::filesystem::path folder,
                std::function<void(const std::string&)> on_slow);
  ~SshConnection();
  SshConnection(const SshConnection&) = delete;
  SshConnection& operator=(const SshConnection&) = delete;

  /// Connects where there is no connection, or none any more. Those who asked while an attempt was under way share its
  /// outcome: a dead host costs all of them one time-out. Gives the connection's number, which rises with each new one.
  Result<int> ensure();
  /// What to put before a command line for the host's login shell.
  [[nodiscard]] std::vector<std::string> session() const;
  /// Makes `local` (a path) lead to `remote` (a path, or HOST:PORT as seen from there).
  Result<> forward(const std::string& local, const std::string& remote);
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  /// Says that the host can't be used, and ssh's own last word on it.
  [[nodiscard]] Error unreachable(std::string_view messages) const;

 private:
  Result<> connect();
  [[nodiscard]] bool alive();
  [[nodiscard]] std::vector<std::string> program(const std::vector<std::string>& more) const;

  std::string host_;
  std::vector<std::string> options_;
  std::filesystem::path folder_;
  std::function<void(const std::string&)> on_slow_;  // null once it has been called, or need not be
  std::mutex mutex_;
  std::optional<os::Process> master_;
  std::chrono::steady_clock::time_point attempted_;  // when the last attempt ended
  Result<int> outcome_ = 0;                          // what came of it
  int number_ = 0;
};

}  // namespace penstock
