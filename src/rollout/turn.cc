#include "rollout/turn.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace penstock::machine {

namespace {

struct ByAddress {
  bool operator()(const Member& member, const InstanceAddress& address) const {
    return member.instance.address < address;
  }
};

}  // namespace

void Turn::act(decltype(RolloutCommand::what) what, int tries) {
  commands.push_back({++state.last_id, std::move(what)});
  state.pending.push_back({commands.back(), tries, {}, {}});
}

void Turn::say(std::string text) { commands.push_back({++state.last_id, rollout_command::Say{std::move(text)}}); }

void Turn::watch(const Instance& instance, bool on) {
  commands.push_back({++state.last_id, rollout_command::Watch{instance, on}});
}

void retry_due(Turn& turn) {
  std::vector<Pending> due;
  std::erase_if(turn.state.pending, [&](const Pending& each) {
    const bool is_due = each.retry_at && *each.retry_at <= turn.now;
    if (is_due) due.push_back(each);
    return is_due;
  });
  for (Pending& each : due) turn.act(std::move(each.command.what), each.tries + 1);
}

Member* find_member(RolloutState& state, const InstanceAddress& address) {
  const auto found = std::lower_bound(state.members.begin(), state.members.end(), address, ByAddress{});
  return found != state.members.end() && found->instance.address == address ? &*found : nullptr;
}

const Member* find_member(const RolloutState& state, const InstanceAddress& address) {
  return find_member(const_cast<RolloutState&>(state), address);
}

Member& add_member(RolloutState& state, Member member) {
  const auto place = std::lower_bound(state.members.begin(), state.members.end(), member.instance.address, ByAddress{});
  return *state.members.insert(place, std::move(member));
}

void erase_member(RolloutState& state, const InstanceAddress& address) {
  std::erase_if(state.members, [&](const Member& each) { return each.instance.address == address; });
}

std::string name_of(const InstanceAddress& address) { return address.host + ":" + std::to_string(address.port); }

std::string short_name(const std::string& release) { return release.substr(0, 12); }

}  // namespace penstock::machine
