#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/actor.h"
#include "base/result.h"
#include "coordinator/rollout_driver.h"
#include "environments/environment_spec.h"
#include "environments/gate.h"
#include "os/environment.h"
#include "rollout/release.h"
#include "store/delivery_store.h"

namespace penstock {

class BlobStore;
class DriverLeases;
class Ledger;
class Target;
class TimeZones;
class Waiter;
namespace os {
class Clock;
}

/// An environment within reach: where its instances run, and the truth about it.
struct EnvironmentAccess {
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<Target> target;  ///< May use the ledger: goes first.

  EnvironmentAccess();
  EnvironmentAccess(EnvironmentAccess&&) noexcept;
  EnvironmentAccess& operator=(EnvironmentAccess&&) noexcept;
  ~EnvironmentAccess();
};
/// Names of secrets with the versions of their values.
using SecretVersions = std::vector<std::pair<std::string, int64_t>>;
/// Its instances get these versions of the application's secrets, the newest of those that aren't named.
using OpenEnvironment =
    std::function<Result<EnvironmentAccess>(const EnvironmentSpec& spec, const SecretVersions& secrets)>;

/// All that deployments need, handed in. Services of one release are driven side by side: the stores, leases and blobs
/// are used from several threads then, the functions from the caller's alone.
struct DeploymentParts {
  RolloutStore& rollouts;
  ReleaseStore& releases;
  JournalCache& journals;
  DriverLeases& leases;  ///< Of rollouts.
  BlobStore& blobs;
  const os::Clock& clock;
  TimeZones& zones;
  OpenEnvironment open;
  /// Whether the first commit is an ancestor of the second; false where one isn't known here.
  std::function<Result<bool>(const std::string& ancestor, const std::string& descendant)> is_ancestor;
  /// A file of a commit; nothing where that has none.
  std::function<Result<std::optional<std::string>>(const std::string& commit, const std::string& path)> read_file;
  std::function<void(const std::string& text)> progress;  ///< What takes long before a rollout can begin; may be empty.
  os::Environment variables;                              ///< Of the caller: for pip, hooks and metric commands.
  std::filesystem::path folder;                           ///< Where these run: the repository.
  std::filesystem::path scratch;                          ///< A folder for what is downloaded.
  std::string machine;  ///< Of this machine, for those who wait for it elsewhere: `laptop-7`.
  std::string state;    ///< Names the state that rollouts are numbered in, unlike any other.
  /// The value of a secret, for a webhook's address; may be empty: there are none.
  std::function<Result<std::string>(const std::string& name)> secret = {};
};

/// What somebody wants deployed.
struct DeploymentRequest {
  RolloutFacts::Kind kind = RolloutFacts::Kind::deploy;
  EnvironmentSpec environment;
  std::map<std::string, std::vector<std::string>> groups;  ///< Of the environments file.
  Release release;
  Actor who;
  std::string message;
  std::string override_freeze;
  bool force = false;
  int64_t run = 0;  ///< Of the job that asks; 0: nobody's.
  std::string job;
  SecretVersions secret_versions;
  int64_t group = 0;  ///< As RolloutFacts::group.
};

/// How far a deployment was brought.
struct DeploymentEnd {
  enum class How {
    ended,      ///< `summary` says how.
    parked,     ///< It hasn't begun: `summary.waits_for` says what it waits for, and `due_at` until when.
    elsewhere,  ///< Another process drives it, and has been woken.
    left,       ///< It stands as it is, unwatched.
  };
  How how = How::ended;
  RolloutSummary summary;
};

/// Brings releases to environments: the gate, then the rollout. What `ci deploy`, a `rollout:` job and `ci resume`
/// have in common. In the calling thread.
class Deployments {
 public:
  explicit Deployments(DeploymentParts parts);
  ~Deployments();

  /// Keeps the release and makes the rollout, which waits to be driven.
  Result<StoredRollout> request(const DeploymentRequest& request);
  /// The same for an environment of several services: a rollout of `whole.environment`, which has no release itself,
  /// and one for each service in the order of EnvironmentSpec::services. Driving any of them drives all.
  Result<StoredRollout> request_group(const DeploymentRequest& whole, std::vector<DeploymentRequest> services);

  /// Brings it through the gate and to its end. With `stay` it waits for other rollouts and other machines, and for a
  /// freeze that ends soon; without, and for people always, it parks before it has begun. A rollout under way is never
  /// parked.
  Result<DeploymentEnd> drive(int64_t rollout, Waiter& waiter, RolloutObserver& observer, bool stay);

  /// For callbacks of the waiter and the observer: the same thread.
  void steer(rollout_event::Steered steered);
  void leave();

  /// What happened to an environment, brought up to date from its target, oldest first. Rollouts there that wait, and
  /// can't begin any more by that, end.
  Result<std::vector<JournalEntry>> refresh(const std::string& environment, Ledger& ledger);
  /// Adds what needs no lease to the journal; how that reads then.
  Result<std::vector<JournalEntry>> append(const std::string& environment, Ledger& ledger, JournalEntry entry);
  /// Says in the environment's journal, once, that people are asked to approve a release, so that they can answer from
  /// any clone; how that reads then. `asker` is what waits, as name_in_journal calls it.
  Result<std::vector<JournalEntry>> ask_people(const std::string& environment, Ledger& ledger, const Release& release,
                                               const Actor& by, const std::string& asker);
  /// Says there that what it asked, if it still waits for that, needs no answer: it never begins.
  Result<> withdraw_ask(const std::string& environment, Ledger& ledger, const std::string& asker,
                        const std::string& why = {});
  /// The release of that id, as this machine or the environment's ledger knows it.
  Result<Release> known_release(Ledger& ledger, const std::string& id);
  /// What journals call a rollout of this project.
  [[nodiscard]] std::string name_in_journal(const RolloutRecord& record) const;
  /// How the gate answers now, for those who ask why; the environment's journal as it is known here.
  Result<GateAnswer> ask(const StoredRollout& rollout, const EnvironmentSpec& spec,
                         const std::vector<JournalEntry>& journal);

 private:
  struct Drive;
  struct GroupDrive;
  class ServiceDrive;
  Result<DeploymentEnd> drive_one(int64_t rollout, Waiter& waiter, RolloutObserver& observer, bool stay,
                                  std::vector<rollout_event::Steered> wishes);
  Result<DeploymentEnd> drive_group(int64_t rollout, Waiter& waiter, RolloutObserver& observer, bool stay);
  Result<> withdraw_ask(const std::string& environment, Ledger& ledger, const std::string& asker,
                        const std::string& why, const std::vector<JournalEntry>& journal);
  Result<std::string> what_holds(const RolloutRecord& under_way);
  Result<> end_those_that_never_begin(const std::string& environment, const std::vector<JournalEntry>& journal,
                                      Ledger& ledger);
  Result<> end_if_it_never_begins(const RolloutRecord& record, const std::vector<JournalEntry>& journal,
                                  Ledger& ledger);
  DeploymentParts parts_;
  std::map<std::string, std::vector<JournalEntry>> journals_;  ///< As far as they are known, by environment.
  Drive* driving_ = nullptr;
  GroupDrive* grouping_ = nullptr;
  bool leave_ = false;
};

}  // namespace penstock
