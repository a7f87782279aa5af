#include "engine/arbiter.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/json_names.h"

namespace penstock {
namespace {

using Group = Arbiter::Group;

bool contains(const std::vector<Claim>& claims, const Claim& claim) {
  return std::find(claims.begin(), claims.end(), claim) != claims.end();
}

void remove(std::vector<Claim>& claims, const Claim& claim) { std::erase(claims, claim); }

/// The waiting claim whose turn it is, or nothing where the turn is one's that is only announced (or nobody waits).
std::optional<Claim> next_in_turn(const Group& group) {
  if (group.waiting.empty()) return std::nullopt;
  const auto older = [](const Claim& a, const Claim& b) { return a.run < b.run; };
  // Of several claims of one run the one that asked first: min_element and the reversed search both keep the first.
  const auto oldest = std::min_element(group.waiting.begin(), group.waiting.end(), older);
  const auto newest = std::min_element(group.waiting.begin(), group.waiting.end(),
                                       [&](const Claim& a, const Claim& b) { return older(b, a); });
  switch (group.mode) {
    case QueueMode::unordered:
      return group.waiting.front();
    case QueueMode::newest_ready_first:
      return *newest;
    case QueueMode::oldest_first: {
      const auto announced = std::min_element(group.announced.begin(), group.announced.end(), older);
      if (announced != group.announced.end() && announced->run < oldest->run) return std::nullopt;
      return *oldest;
    }
    case QueueMode::newest_first: {
      const auto announced = std::max_element(group.announced.begin(), group.announced.end(), older);
      if (announced != group.announced.end() && announced->run > newest->run) return std::nullopt;
      return *newest;
    }
  }
  return std::nullopt;
}

void grant_what_is_free(const std::string& name, Group& group, std::vector<Grant>& grants) {
  while (group.holders.size() < static_cast<size_t>(std::max(group.capacity, 1))) {
    const auto claim = next_in_turn(group);
    if (!claim) return;
    remove(group.waiting, *claim);
    group.holders.push_back(*claim);
    grants.push_back({*claim, name});
  }
}

bool is_idle(const Group& group) {
  return group.holders.empty() && group.waiting.empty() && group.announced.empty() &&
         group.mode == QueueMode::unordered && group.capacity == 1;
}

}  // namespace

std::optional<QueueMode> queue_mode_from_name(std::string_view name) {
  const auto found = std::find(kQueueModeNames.begin(), kQueueModeNames.end(), name);
  if (found == kQueueModeNames.end()) return std::nullopt;
  return static_cast<QueueMode>(found - kQueueModeNames.begin());
}

std::vector<Grant> Arbiter::apply(const ArbiterEvent& event) {
  std::vector<Grant> grants;
  const auto settle = [&](std::map<std::string, Group>::iterator at) {
    grant_what_is_free(at->first, at->second, grants);
    return is_idle(at->second) ? groups_.erase(at)
                               : std::next(at);  // nothing is remembered of a group that nobody uses
  };
  const auto group_of = [&](const std::string& name) { return groups_.try_emplace(name).first; };

  if (const auto* requested = std::get_if<arbiter_event::Requested>(&event)) {
    const auto at = group_of(requested->group);
    Group& group = at->second;
    remove(group.announced, requested->claim);
    if (contains(group.holders, requested->claim))
      grants.push_back({requested->claim, at->first});  // it was told already, and asks again after a crash
    else if (!contains(group.waiting, requested->claim))
      group.waiting.push_back(requested->claim);
    settle(at);
  } else if (const auto* released = std::get_if<arbiter_event::Released>(&event)) {
    const auto at = group_of(released->group);
    remove(at->second.holders, released->claim);
    remove(at->second.waiting, released->claim);
    remove(at->second.announced, released->claim);
    settle(at);
  } else if (const auto* announced = std::get_if<arbiter_event::Announced>(&event)) {
    Group& group = group_of(announced->group)->second;
    const auto& claim = announced->claim;
    if (!contains(group.holders, claim) && !contains(group.waiting, claim) && !contains(group.announced, claim))
      group.announced.push_back(claim);
  } else if (const auto* changed = std::get_if<arbiter_event::ModeChanged>(&event)) {
    const auto at = group_of(changed->group);
    at->second.mode = changed->mode;
    settle(at);
  } else if (const auto* gone = std::get_if<arbiter_event::RunGone>(&event)) {
    const auto is_of_run = [&](const Claim& claim) { return claim.run == gone->run; };
    for (auto at = groups_.begin(); at != groups_.end();) {
      std::erase_if(at->second.holders, is_of_run);
      std::erase_if(at->second.waiting, is_of_run);
      std::erase_if(at->second.announced, is_of_run);
      at = settle(at);
    }
  }
  return grants;
}

Arbiter Arbiter::restore(std::map<std::string, Group> groups) {
  Arbiter arbiter;
  arbiter.groups_ = std::move(groups);
  return arbiter;
}

}  // namespace penstock
