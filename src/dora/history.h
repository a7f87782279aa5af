#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace penstock {

/// One time that something went live in an environment.
struct DoraDeployment {
  enum class Kind {
    release,        ///< Another release than the one that was live.
    configuration,  ///< The same release with another declaration of the environment.
    redeploy,       ///< The same release with the same declaration.
    rollback,       ///< A person took the environment back.
  };
  Kind kind = Kind::release;
  Instant began_at;
  Instant live_at;
  /// Of the commits that reached the environment with it for the first time; the last one is the release's own.
  std::vector<Instant> commits;
  /// It was live and had to be taken back, by itself (while it baked) or by a person. `recovered_at`: when the
  /// environment was back on another release.
  bool failed = false;
  std::optional<Instant> recovered_at;

  friend bool operator==(const DoraDeployment&, const DoraDeployment&) = default;
};

/// What the records can't know by themselves: users suffered (`ci incident`).
struct DoraIncident {
  Instant opened_at;
  std::optional<Instant> closed_at;

  friend bool operator==(const DoraIncident&, const DoraIncident&) = default;
};

/// All that happened to one environment.
struct DoraHistory {
  std::string environment;
  std::vector<DoraDeployment> deployments;  ///< By `live_at`.
  std::vector<DoraIncident> incidents;      ///< By `opened_at`.
  /// When rollouts ended that never were live: taken back or aborted before they were promoted. They are no deployment.
  std::vector<Instant> never_live;

  friend bool operator==(const DoraHistory&, const DoraHistory&) = default;
};

}  // namespace penstock
