#include "cli/resource_waits.h"

#include <algorithm>
#include <set>

#include "base/words.h"

namespace penstock {
namespace {

using Group = Arbiter::Group;

bool is_older(const Claim& a, const Claim& b) { return a.run < b.run; }

/// The announced claim whose turn is before that of all that wait.
std::optional<Claim> announced_before(const Group& group) {
  if (group.announced.empty() || group.waiting.empty()) return std::nullopt;
  if (group.mode == QueueMode::oldest_first) {
    const auto first = std::min_element(group.announced.begin(), group.announced.end(), is_older);
    const auto waits = std::min_element(group.waiting.begin(), group.waiting.end(), is_older);
    return first->run < waits->run ? std::optional(*first) : std::nullopt;
  }
  if (group.mode == QueueMode::newest_first) {
    const auto first = std::max_element(group.announced.begin(), group.announced.end(), is_older);
    const auto waits = std::max_element(group.waiting.begin(), group.waiting.end(), is_older);
    return first->run > waits->run ? std::optional(*first) : std::nullopt;
  }
  return std::nullopt;
}

/// The circle that leads from `at` back to the first of `path`, if there is one.
bool closes(const std::vector<ResourceWait>& waits, const DependsOn& depends, const ResourceWait& at,
            std::vector<Claim>& path, std::set<Claim>& seen) {
  path.push_back(at.claim);
  seen.insert(at.claim);
  for (const ResourceWait& next : waits) {
    if (!at.before || next.claim.run != at.before->run) continue;
    if (!depends(next.claim.run, at.before->job, next.claim.job)) continue;
    if (next.claim == path.front()) return true;
    if (!seen.contains(next.claim) && closes(waits, depends, next, path, seen)) return true;
  }
  path.pop_back();
  return false;
}

std::string named(const Claim& claim) { return quoted(claim.job) + " of run " + std::to_string(claim.run); }

/// Whether `job` comes after `other`, by its needs or by its stage.
bool comes_after(const Run& run, const std::string& job, const std::string& other) {
  const auto stage_of = [&](const Job& one) {
    const std::vector<std::string>& stages = run.plan().stages;
    return std::find(stages.begin(), stages.end(), one.stage) - stages.begin();
  };
  std::vector<std::string> left = {job};
  std::set<std::string> seen;
  while (!left.empty()) {
    const std::optional<size_t> index = run.index_of(left.back());
    left.pop_back();
    if (!index || !seen.insert(run.job(*index).name).second) continue;
    const Job& one = run.job(*index);
    for (size_t i = 0; i < run.size(); ++i) {
      const Job& earlier = run.job(i);
      const bool is_needed = one.needs ? std::any_of(one.needs->begin(), one.needs->end(),
                                                     [&](const Need& need) { return need.job == earlier.name; })
                                       : stage_of(earlier) < stage_of(one);
      if (!is_needed) continue;
      if (earlier.name == other) return true;
      left.push_back(earlier.name);
    }
  }
  return false;
}

}  // namespace

std::vector<ResourceWait> resource_waits(const std::map<std::string, Group>& groups, const DependsOn& depends,
                                         const WaitsForRun& waits_for_run) {
  std::vector<ResourceWait> waits;
  for (const auto& [name, group] : groups) {
    const std::optional<Claim> before = group.holders.empty() ? announced_before(group) : std::nullopt;
    for (const Claim& claim : group.waiting) waits.push_back({claim, name, group.holders, before, {}});
  }
  for (ResourceWait& wait : waits) {
    std::set<Claim> seen;
    std::vector<Claim> circle;
    if (closes(waits, depends, wait, circle, seen)) wait.deadlock = std::move(circle);
    for (const Claim& holder : wait.holders) {
      if (waits_for_run(holder, wait.claim.run)) wait.deadlock = {wait.claim, holder};
    }
  }
  return waits;
}

Result<std::vector<ResourceWait>> resource_waits(Project& project) {
  PENSTOCK_TRY(const ArbiterState state, project.store().arbiter());
  std::map<int64_t, std::optional<StoredRun>> runs;
  const auto run_of = [&](int64_t id) -> const std::optional<StoredRun>& {
    auto known = runs.find(id);
    if (known == runs.end()) {
      auto loaded = project.store().load(id);
      known = runs.emplace(id, loaded ? std::optional(*std::move(loaded)) : std::nullopt).first;
    }
    return known->second;
  };
  const auto depends = [&](int64_t id, const std::string& job, const std::string& other) {
    return run_of(id) && comes_after(run_of(id)->run, job, other);
  };
  return resource_waits(state.arbiter.groups(), depends, [&](const Claim& holder, int64_t run) {
    while (run_of(run)) {
      const ParentJob& parent = run_of(run)->header.facts.parent;
      if (parent.run == 0 || !parent.waits) return false;
      if (parent.run == holder.run && parent.job == holder.job) return true;
      run = parent.run;
    }
    return false;
  });
}

std::vector<std::string> in_words(const ResourceWait& wait) {
  std::vector<std::string> lines;
  for (const Claim& holder : wait.holders) lines.push_back(quoted(wait.group) + " is held by " + named(holder));
  if (wait.before)
    lines.push_back("the turn is " + named(*wait.before) + "'s, which waits for earlier jobs of its run");
  if (wait.deadlock.empty()) return lines;
  std::string circle = "deadlock: ";
  for (const Claim& claim : wait.deadlock) circle += named(claim) + " waits for ";
  lines.push_back(circle + named(wait.deadlock.front()));
  const auto newest = std::max_element(wait.deadlock.begin(), wait.deadlock.end(), is_older);
  const bool in_family =
      std::find(wait.holders.begin(), wait.holders.end(), wait.deadlock.back()) != wait.holders.end();
  lines.push_back("end one of them: ci cancel --run " + std::to_string(newest->run) +
                  (in_family ? "; then take `resource_group` from one of the two" : ""));
  return lines;
}

std::string in_short(const ResourceWait& wait) {
  for (const Claim& claim : wait.deadlock) {
    if (claim.run != wait.claim.run) return "deadlock with run " + std::to_string(claim.run);
  }
  const Claim* const first = !wait.holders.empty() ? &wait.holders.front() : wait.before ? &*wait.before : nullptr;
  return first == nullptr ? std::string() : "after run " + std::to_string(first->run);
}

}  // namespace penstock
