#include "rollout/release_group.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/words.h"
#include "rollout/json_archive.h"

namespace penstock {

namespace {

using Standing = ReleaseGroup::Standing;
using What = ReleaseGroup::Command::What;
using namespace std::string_view_literals;

constexpr int kFormat = 1;
constexpr std::array kStandings = {"waiting"sv,   "rolling_out"sv, "live"sv,    "aborting"sv, "taken_back"sv,
                                   "returning"sv, "returned"sv,    "skipped"sv, "failed"sv};

size_t index_of(const std::vector<GroupMember>& members, const std::string& name) {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const GroupMember& each) { return each.name == name; });
  return static_cast<size_t>(found - members.begin());
}

Result<> check_names(const std::vector<GroupMember>& members) {
  std::set<std::string> names;
  for (const GroupMember& member : members)
    if (!names.insert(member.name).second)
      return Error{Fault::user, "the service " + quoted(member.name) + " is named twice", "name it once"};
  for (const GroupMember& member : members)
    for (const std::string& need : member.needs)
      if (!names.contains(need))
        return Error{Fault::user, quoted(member.name) + " needs " + quoted(need) + ", which is not in the release", ""};
  return success();
}

/// Takes away what needs nobody that is left, as long as there is such a one: what stays waits in a circle.
Result<> check_order(std::vector<GroupMember> members) {
  for (;;) {
    const auto free = std::find_if(members.begin(), members.end(), [&](const GroupMember& each) {
      return std::none_of(each.needs.begin(), each.needs.end(),
                          [&](const std::string& need) { return index_of(members, need) < members.size(); });
    });
    if (free == members.end()) break;
    members.erase(free);
  }
  if (members.empty()) return success();
  std::string names;
  for (const GroupMember& member : members) names += (names.empty() ? "" : ", ") + quoted(member.name);
  return Error{Fault::user, "these services wait for each other: " + names, "take one need away"};
}

}  // namespace

std::vector<GroupMember> in_opposite_order(const std::vector<GroupMember>& members) {
  std::vector<GroupMember> opposite;
  for (auto member = members.rbegin(); member != members.rend(); ++member) {
    opposite.push_back({member->name, {}});
    for (const GroupMember& other : members) {
      const bool needed = std::find(other.needs.begin(), other.needs.end(), member->name) != other.needs.end();
      if (needed) opposite.back().needs.push_back(other.name);
    }
  }
  return opposite;
}

Result<ReleaseGroup> ReleaseGroup::create(std::vector<GroupMember> members, bool take_back) {
  PENSTOCK_CHECK(check_names(members));
  PENSTOCK_CHECK(check_order(members));
  ReleaseGroup group;
  group.standings_.assign(members.size(), Standing::waiting);
  group.members_ = std::move(members);
  group.take_back_ = take_back;
  return group;
}

bool ReleaseGroup::are_live(const std::vector<std::string>& names) const {
  return std::all_of(names.begin(), names.end(),
                     [&](const std::string& name) { return standings_[index_of(members_, name)] == Standing::live; });
}

std::vector<ReleaseGroup::Command> ReleaseGroup::begin() { return advance(); }

std::vector<ReleaseGroup::Command> ReleaseGroup::advance() {
  if (going_back_) return go_back();
  std::vector<Command> commands;
  for (size_t i = 0; i < members_.size(); ++i) {
    if (standings_[i] != Standing::waiting || !are_live(members_[i].needs)) continue;
    standings_[i] = Standing::rolling_out;
    commands.push_back({What::begin, members_[i].name});
  }
  return commands;
}

/// What hasn't begun never does; what is under way is aborted; what is live goes back where that is wanted, each after
/// those that need it.
std::vector<ReleaseGroup::Command> ReleaseGroup::go_back() {
  std::vector<Command> commands;
  for (size_t i = 0; i < members_.size(); ++i) {
    if (standings_[i] == Standing::waiting) standings_[i] = Standing::skipped;
    if (standings_[i] != Standing::rolling_out) continue;
    standings_[i] = Standing::aborting;
    commands.push_back({What::abort, members_[i].name});
  }
  const auto still_there = [&](size_t i) {
    return standings_[i] == Standing::live || standings_[i] == Standing::aborting ||
           standings_[i] == Standing::returning;
  };
  std::vector<size_t> free;
  for (size_t i = 0; take_back_ && i < members_.size(); ++i) {
    if (standings_[i] != Standing::live) continue;
    bool is_needed = false;
    for (size_t other = 0; other < members_.size(); ++other) {
      const auto& needs = members_[other].needs;
      is_needed =
          is_needed || (still_there(other) && std::find(needs.begin(), needs.end(), members_[i].name) != needs.end());
    }
    if (!is_needed) free.push_back(i);
  }
  for (const size_t i : free) {
    standings_[i] = Standing::returning;
    commands.push_back({What::roll_back, members_[i].name});
  }
  return commands;
}

std::vector<ReleaseGroup::Command> ReleaseGroup::ended(const std::string& name, RolloutPhase phase) {
  const size_t index = index_of(members_, name);
  if (index == members_.size() || !is_end(phase)) return {};
  Standing& standing = standings_[index];
  if (standing == Standing::returning) {
    standing = phase == RolloutPhase::live ? Standing::returned : Standing::failed;
  } else if (standing == Standing::rolling_out || standing == Standing::aborting) {
    standing = phase == RolloutPhase::live         ? Standing::live
               : phase == RolloutPhase::taken_back ? Standing::taken_back
                                                   : Standing::failed;
    going_back_ = going_back_ || standing != Standing::live;
  } else {
    return {};
  }
  return advance();
}

std::vector<ReleaseGroup::Command> ReleaseGroup::abort() {
  if (has_ended()) return {};
  going_back_ = true;
  return advance();
}

bool ReleaseGroup::has_ended() const {
  return std::all_of(standings_.begin(), standings_.end(), [](Standing each) {
    return each != Standing::waiting && each != Standing::rolling_out && each != Standing::aborting &&
           each != Standing::returning;
  });
}

bool ReleaseGroup::is_live() const {
  return std::all_of(standings_.begin(), standings_.end(), [](Standing each) { return each == Standing::live; });
}

ReleaseGroup::Standing ReleaseGroup::standing(const std::string& name) const {
  const size_t index = index_of(members_, name);
  return index < members_.size() ? standings_[index] : Standing::skipped;
}

std::vector<ReleaseGroup::Command> ReleaseGroup::outstanding() const {
  std::vector<Command> commands;
  for (size_t i = 0; i < members_.size(); ++i) {
    if (standings_[i] == Standing::rolling_out) commands.push_back({What::begin, members_[i].name});
    if (standings_[i] == Standing::aborting) commands.push_back({What::abort, members_[i].name});
    if (standings_[i] == Standing::returning) commands.push_back({What::roll_back, members_[i].name});
  }
  return commands;
}

std::string_view to_string(ReleaseGroup::Standing standing) { return kStandings[static_cast<size_t>(standing)]; }

namespace archive {
template <>
struct Words<ReleaseGroup::Standing> {
  static constexpr std::array names = kStandings;
};
}  // namespace archive

template <class A>
void fields(A& a, GroupMember& v) {
  a.required("name", v.name);
  a.optional("needs", v.needs);
}

/// The stored form of a group, which keeps its members to itself.
struct ReleaseGroupFields {
  std::vector<GroupMember> members;
  std::vector<ReleaseGroup::Standing> standings;
  bool take_back = false;
  bool going_back = false;

  static ReleaseGroupFields of(const ReleaseGroup& group) {
    return {group.members_, group.standings_, group.take_back_, group.going_back_};
  }
  [[nodiscard]] Result<ReleaseGroup> group() const {
    PENSTOCK_TRY(ReleaseGroup group, ReleaseGroup::create(members, take_back));
    if (standings.size() != members.size())
      return Error{Fault::user, "a release of several services can't be read: a standing is missing",
                   "its record is damaged"};
    group.standings_ = standings;
    group.going_back_ = going_back;
    return group;
  }
};

template <class A>
void fields(A& a, ReleaseGroupFields& v) {
  a.required("members", v.members);
  a.required("standings", v.standings);
  a.optional("take_back", v.take_back);
  a.optional("going_back", v.going_back);
}

std::string ReleaseGroup::to_json() const { return archive::write_whole(ReleaseGroupFields::of(*this), kFormat); }

Result<ReleaseGroup> ReleaseGroup::from_json(std::string_view text) {
  PENSTOCK_TRY(const ReleaseGroupFields fields,
               archive::read_whole<ReleaseGroupFields>(text, kFormat, "a release of several services"));
  return fields.group();
}

}  // namespace penstock
