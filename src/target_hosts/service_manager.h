#pragma once

#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace penstock {

/// Something that a service manager keeps running.
struct Program {
  std::string name;          ///< A port, or `haproxy`.
  std::string script;        ///< A file for `sh`, absolute; it ends by replacing the shell, unless `shell_stays`.
  bool shell_stays = false;  ///< The stop signal must then go to all its processes.
  std::string stop_signal = "TERM";
  Duration stop_within{std::chrono::seconds(30)};
  std::string variables_file = {};        ///< Of `NAME="value"` lines; empty: none.
  std::vector<std::string> secrets = {};  ///< Names of the files in `secrets_folder`.
  std::string secrets_folder = {};
};

/// A text as both managers take it literally: each expands `%` in what it is configured with.
std::string doubled_percents(std::string_view text);

/// Who keeps an environment's programs running on one host. Calls block, come from many threads (one a program at a
/// time), and are idempotent. Errors name the host.
class ServiceManager {
 public:
  virtual ~ServiceManager() = default;
  /// Makes the manager itself ready: its configuration, and that it runs.
  virtual Result<> setup() = 0;
  /// What the host's owner may want to do besides, for after a start of the machine; empty: nothing.
  virtual Result<std::string> advice() { return std::string(); }
  /// Starts a program, which is started again when it ends by itself and when the machine starts. One of that name is
  /// ended first.
  virtual Result<> start(const Program& program) = 0;
  /// Ends it, by its signal and after its time by force, and forgets it.
  virtual Result<> stop(const std::string& name) = 0;
  virtual Result<> signal(const std::string& name, const std::string& signal) = 0;
  /// The programs that it knows, and whether each runs.
  virtual Result<std::map<std::string, bool>> programs() = 0;
  virtual Result<std::string> last_log(const std::string& name, int lines) = 0;
  virtual Result<> follow_log(const std::string& name, std::stop_token stop,
                              const std::function<bool(std::string_view)>& line) = 0;
};

}  // namespace penstock
