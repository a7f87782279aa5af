#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/project.h"
#include "engine/arbiter.h"

namespace penstock {

/// A job that waits for its resource group.
struct ResourceWait {
  Claim claim;
  std::string group;
  std::vector<Claim> holders;
  std::optional<Claim> before;  ///< Nobody holds it, but by the group's mode this one's turn comes first.
  /// The waits that close a circle with this one, itself first: none of them can end. Empty: there is no such circle.
  std::vector<Claim> deadlock;
};

/// Whether a job of that run can't start before another one of it has ended.
using DependsOn = std::function<bool(int64_t run, const std::string& job, const std::string& other)>;

/// Whether a job that holds a group goes on until that run, a child of it, has ended.
using WaitsForRun = std::function<bool(const Claim& holder, int64_t run)>;

/// All waits, by what the arbiter knows. A job that holds a group ends by itself, unless it waits for its child; one
/// that is only announced may wait for a job of its run that waits in turn.
std::vector<ResourceWait> resource_waits(
    const std::map<std::string, Arbiter::Group>& groups, const DependsOn& depends,
    const WaitsForRun& waits_for_run = [](const Claim&, int64_t) { return false; });

/// The same of the project, as it stands now.
Result<std::vector<ResourceWait>> resource_waits(Project& project);

/// In lines, for `ci why`.
std::vector<std::string> in_words(const ResourceWait& wait);
/// In a few, for `ci list`: `after run 127`, `deadlock with run 127`.
std::string in_short(const ResourceWait& wait);

}  // namespace penstock
