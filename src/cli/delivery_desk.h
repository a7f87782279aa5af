#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/project.h"
#include "cli/world.h"
#include "deployments/deployments.h"
#include "environments/environment_spec.h"

namespace penstock {

class RolloutDisplay;

/// What commands need to deal with environments and releases of a project.
class DeliveryDesk {
 public:
  /// The project and the world outlive it. `say`: what takes long before a rollout can begin, a line each, from any
  /// thread; on standard error unless given.
  static Result<std::unique_ptr<DeliveryDesk>> open(Project& project, const World& world,
                                                    std::function<void(const std::string& line)> say = {});
  ~DeliveryDesk();

  [[nodiscard]] Deployments& deployments();

  /// What the commit (with `worktree`: the work tree) declares; mistakes in it are reported and an Error. Fault::user
  /// where it declares nothing.
  Result<EnvironmentsFile> declared(const std::string& commit, bool worktree = false);
  /// One environment that HEAD declares; an unknown name is an error with a suggestion.
  /// `all`: where all that it declares goes; may be null.
  Result<EnvironmentSpec> environment(const std::string& name, EnvironmentsFile* all = nullptr);
  /// The versions that the application's secrets have now.
  Result<SecretVersions> newest_secrets(const EnvironmentSpec& spec);
  /// Its target and its ledger, to look or to write into its journal: nothing can be started with it.
  Result<EnvironmentAccess> access(const EnvironmentSpec& spec);
  /// Its journal, brought up to date.
  Result<std::vector<JournalEntry>> journal(const EnvironmentSpec& spec);

  /// What a word means: an id or the beginning of one, a name, a version, or an environment (what is live there).
  Result<Release> release(const std::string& word);
  /// A release by its whole id, as this machine or the environment's ledger knows it.
  Result<Release> known_release(Ledger& ledger, const std::string& id);
  /// What a run built, of which the environment takes what it wants; run 0: the newest that kept something of the kind.
  /// `wanted`: what of it, in place of what the environment's application names; empty: that.
  Result<Release> built(const EnvironmentSpec& spec, int64_t run, const std::string& wanted = {});
  /// From now on `built` of run 0 means what lies in the work tree (release_from_files).
  void build_from(std::vector<std::string> places);

  struct DriveOptions {
    bool stay = true;            ///< As Deployments::drive.
    bool leave_baking = false;   ///< It is left when it is promoted.
    bool ends_as_asked = false;  ///< Whoever drives it here has just refused or aborted it: no failure.
  };
  /// Drives a rollout here, shows it, and reports its end: one line on standard output. Returns the exit status.
  Result<int> drive_and_report(int64_t rollout, const DriveOptions& options);

 private:
  struct State;
  int report_end(const RolloutRecord& after, const DeploymentEnd& end, const DriveOptions& options, int interrupted);
  std::string why_not_yours(const RolloutRecord& waiting);
  std::string hint_to_approve(const RolloutRecord& waiting);
  [[noreturn]] void leave_at_once(RolloutDisplay& display, int status);
  explicit DeliveryDesk(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace penstock
