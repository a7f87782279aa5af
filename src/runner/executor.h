#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"
#include "protocol/job_spec.h"
#include "runner/cancel.h"

namespace penstock {

struct TreeEntry;
using Tree = std::vector<TreeEntry>;

/// One shell to run in a job's room.
struct ShellRequest {
  std::string script;                    ///< Bash text; the executor hands it over without a file in the workspace.
  std::vector<std::string> environment;  ///< `NAME=value`, the whole environment.
  std::string directory;                 ///< Where it starts, as the job sees it; empty: the project's folder.
  std::optional<Duration> timeout;
  Duration grace{std::chrono::seconds(10)};  ///< Between SIGTERM and SIGKILL when it is cancelled or out of time.
  bool interactive = false;  ///< `ci shell`: the caller's terminal is handed through, no output callback.
};

/// How a shell ended.
struct ShellEnd {
  enum class How { exited, signaled, timed_out, canceled, out_of_memory };
  How how = How::exited;
  int code = 0;                     ///< Exit status, or the signal's number.
  std::vector<std::string> killed;  ///< Command lines of processes that were left running and had to be ended.
};

/// Standard output and error of a shell, interleaved as written. Called from the thread that called `run`.
using OutputFunction = std::function<void(std::string_view piece)>;

/// What the job's processes have used so far.
struct Usage {
  uint64_t peak_memory = 0;  ///< Bytes, of the largest process.
  Duration cpu_time{};
};

/// The place where one attempt of a job runs: its processes, its copy of the sources. Used by one thread at a time.
/// Destroying it ends every process in it and removes what it made; destroying it after a failed call is fine. Calls
/// block.
class Room {
 public:
  virtual ~Room() = default;

  /// The project's folder as the job sees it.
  [[nodiscard]] virtual const std::string& project_folder() const = 0;
  /// That folder as an open directory of ours (openat and friends reach the job's files through it). Owned by the room.
  [[nodiscard]] virtual int project_fd() const = 0;
  /// A folder of the job's own outside the project (`TMPDIR`), as the job sees it, and as we do.
  [[nodiscard]] virtual const std::string& temporary_folder() const = 0;
  [[nodiscard]] virtual int temporary_fd() const = 0;
  /// Whether the job's variables must say so: the interpreter folders to put first on PATH, and the like.
  [[nodiscard]] virtual const std::vector<std::string>& base_environment() const = 0;
  /// Lines for the head of the job's log: which image was not used, which services were not started.
  [[nodiscard]] virtual const std::vector<std::string>& notices() const = 0;

  /// Runs one shell until all its output has come and it has ended. An Error is the machine's fault (it could not be
  /// started); whatever the shell did is a ShellEnd. May be called again, also after a cancelled call (after_script).
  virtual Result<ShellEnd> run(const ShellRequest& request, const OutputFunction& output, const Cancel& cancel) = 0;

  [[nodiscard]] virtual Usage usage() const = 0;

  /// Whether the file, link or folder at this path of the project (relative, below one of open_on's trees) is as it was
  /// when the room was opened. False also where the room can't tell. Not while a shell runs.
  virtual bool is_untouched(const std::string& path) {
    (void)path;
    return false;
  }

  /// Puts what the job has left (its project, its TMPDIR) aside under `name` (letters, digits, `-`, `_`), for
  /// Executor::open_kept. The last call on a room. An Error where that can't be done, or is too much.
  virtual Result<> keep(const std::string& name) = 0;
};

/// Where processes run: sandbox, docker, … Thread-safe: rooms for several jobs are opened at once. A room is pristine:
/// the commit of its spec and nothing of other jobs.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual Result<std::unique_ptr<Room>> open(const JobSpec& spec) = 0;
  /// A room like that of `open`, but with kept trees lying over its commit, each over those before it: as if they had
  /// been restored, without the work. Null where that can't be had here.
  virtual Result<std::unique_ptr<Room>> open_on(const JobSpec& spec, const std::vector<Digest>& trees) {
    (void)spec, (void)trees;
    return std::unique_ptr<Room>();
  }
  /// A job has made this tree of `base`, on which its room stood: the next one will stand on this.
  virtual void expect(const Digest& tree, const Tree& entries, const Digest& base, const Tree& base_entries) {
    (void)tree, (void)entries, (void)base, (void)base_entries;
  }
  /// A room with what was kept of an earlier one of this job; null where nothing is kept under that name. It is a copy:
  /// what happens in it changes nothing of what is kept.
  virtual Result<std::unique_ptr<Room>> open_kept(const JobSpec& spec, const std::string& name) = 0;
};

}  // namespace penstock
