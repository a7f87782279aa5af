#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"
#include "rollout/event.h"
#include "rollout/instance.h"
#include "rollout/release.h"

namespace penstock {

struct LeaseHolder;
struct Probe;

/// What came of one probe.
struct ProbeResult {
  bool ok = false;
  std::string detail;  ///< `GET /healthz: 503`, `connection refused`, `no answer within 2s`.
};

/// One request that the proxy served, for the analysis.
struct ServedRequest {
  Instant at;
  InstanceAddress address;
  int status = 0;            ///< HTTP status; 0 where there was no answer.
  int64_t microseconds = 0;  ///< From the request's arrival to the last byte of the answer's head.
};

/// The interpreter that a host would run a wheel with.
struct HostInterpreter {
  std::string path;
  std::string tag;  ///< As in ResolvedDependencies::interpreter.
};

/// Told each piece that a command prints, as it comes.
using AttendedOutput = std::function<void(std::string_view piece, bool on_errors)>;

/// Where instances run: hosts, or the user's own scripts. Calls block, may come from many threads at a time (one call
/// an instance at a time), and are idempotent: what is already so is left so. Errors name the host, whose fault it is
/// and what to do.
class Target {
 public:
  virtual ~Target() = default;

  /// Makes the place ready for instances, and the proxy run; idempotent. Nothing is to be done for some.
  virtual Result<> setup() { return success(); }
  /// What its owner may want to do besides, a paragraph each.
  virtual Result<std::vector<std::string>> advice() { return std::vector<std::string>(); }
  /// For one that holds the environment's lease, before it looks and acts: whoever held it before changes nothing here
  /// from now on, and what they have under way has ended. Gives the newest fence that any place has seen; where that
  /// isn't the holder's, somebody newer has the environment, or its ledger was lost. From here on what changes anything
  /// here is refused once somebody newer comes.
  virtual Result<int64_t> raise_fence(const LeaseHolder& holder) = 0;
  /// Who has it since, once a place has refused.
  [[nodiscard]] virtual std::optional<std::string> refused_for() = 0;
  /// What really stands there now, instances of all releases.
  virtual Result<std::vector<rollout_event::Observed::Standing>> observe() = 0;
  /// The interpreter of a host; nothing where the application needs none.
  virtual Result<std::optional<HostInterpreter>> interpreter(const std::string& host) = 0;
  /// Brings a release to a host: uploads what it lacks, verifies each file's digest there, installs without an index.
  virtual Result<> prepare(const std::string& host, const Release& release) = 0;
  virtual Result<> start(const Instance& instance) = 0;
  virtual Result<> stop(const Instance& instance) = 0;
  /// Looks at an instance in one way (readiness and liveness are two). delivery/probe.h has the part that all targets
  /// share.
  virtual Result<ProbeResult> probe(const Instance& instance, const Probe& probe, Duration timeout) = 0;
  /// Sets the whole split, in a way that survives the proxy's restart.
  virtual Result<> shift(const TrafficSplit& split) = 0;
  /// Requests that the instance still has open; nothing where nobody can tell.
  virtual Result<std::optional<int>> open_requests(const Instance& instance) = 0;
  /// Its last lines.
  virtual Result<std::string> last_log(const Instance& instance, int lines) = 0;
  /// Follows its log until it ends, `line` answers false, or a stop is asked for (at once, also where nothing comes).
  virtual Result<> follow_log(const Instance& instance, std::stop_token stop,
                              const std::function<bool(std::string_view)>& line) = 0;
  /// Removes releases but these from a host.
  virtual Result<> tidy(const std::string& host, const std::vector<std::string>& keep_releases) = 0;
  /// Tells each request that the proxy serves, from one thread, until a stop is asked for (at once, also where nothing
  /// comes). Fault::user where nothing counts them.
  virtual Result<> watch_requests(std::stop_token stop,
                                  const std::function<void(const ServedRequest&)>& on_request) = 0;
  /// Runs a person's command beside an instance, with its facts, and passes on what it prints as it comes, until it
  /// ends or a stop is asked for, when it is told to end. Its exit status, as a shell says it.
  virtual Result<int> attend(const Instance& instance, const std::string& command, std::stop_token stop,
                             const AttendedOutput& printed) = 0;
  /// Runs a command of the user's there (a hook, a probe), with these variables; its output, or an Error with its exit
  /// status and last lines.
  virtual Result<std::string> run(const std::string& host, const std::string& command,
                                  const std::vector<std::pair<std::string, std::string>>& variables) = 0;
};

}  // namespace penstock
