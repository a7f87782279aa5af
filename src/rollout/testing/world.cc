#include "rollout/testing/world.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

namespace penstock::testing {

namespace {

std::string words(const InstanceAddress& address) { return address.host + ":" + std::to_string(address.port); }

}  // namespace

/// Carries out one command, all of it; the reason where that can't be.
struct RolloutWorld::Carry {
  RolloutWorld& world;
  using Reason = std::optional<std::string>;

  Reason reach(const std::string& host) const {
    if (world.dead_hosts_.contains(host)) return host + " can't be reached";
    return {};
  }

  Reason operator()(const rollout_command::Prepare& command) {
    if (auto reason = reach(command.host)) return reason;
    world.prepared_.insert({command.host, command.release});
    return {};
  }
  Reason operator()(const rollout_command::Start& command) {
    const InstanceAddress& address = command.instance.address;
    if (auto reason = reach(address.host)) return reason;
    if (!world.prepared_.contains({address.host, command.instance.release}))
      world.offend(words(address) + " started before its host was prepared");
    const auto found = world.instances_.find(address);
    if (found != world.instances_.end() && found->second.running) {
      if (found->second.release == command.instance.release) return {};
      world.offend(words(address) + " started where another release stands");
      return words(address) + ": the port is in use";
    }
    Running& instance = world.instances_[address] = Running{};
    instance.release = command.instance.release;
    instance.group = command.instance.group;
    instance.since = instance.well_at = world.now_;
    return {};
  }
  Reason operator()(const rollout_command::Drain& command) {
    const InstanceAddress& address = command.instance.address;
    if (auto reason = reach(address.host)) return reason;
    if (world.weight(address) > 0) world.offend(words(address) + " drained while it has traffic");
    if (const auto found = world.instances_.find(address); found != world.instances_.end())
      found->second.drained = true;
    return {};
  }
  Reason operator()(const rollout_command::Stop& command) {
    const InstanceAddress& address = command.instance.address;
    if (auto reason = reach(address.host)) return reason;
    const auto found = world.instances_.find(address);
    if (found == world.instances_.end()) return {};
    if (world.weight(address) > 0) world.offend(words(address) + " stopped while it has traffic");
    if (found->second.running && found->second.had_traffic && !found->second.drained)
      world.offend(words(address) + " stopped without a drain");
    world.instances_.erase(found);
    return {};
  }
  Reason operator()(const rollout_command::Shift& command) {
    int sum = 0;
    for (const TrafficSplit::Share& share : command.split.shares) {
      sum += share.weight;
      const auto found = world.instances_.find(share.address);
      if (found == world.instances_.end()) {
        world.offend("traffic for " + words(share.address) + ", where nothing stands");
        continue;
      }
      if (!found->second.was_ready && world.anybody_is_ready())
        world.offend("traffic for " + words(share.address) + ", which was never ready");
      found->second.had_traffic = true;
      found->second.drained = false;
    }
    if (sum != 0 && sum != 10000) world.offend("shares that add up to " + std::to_string(sum));
    world.split_ = command.split;
    return {};
  }
  Reason operator()(const rollout_command::RunHook& command) {
    world.hooks_.push_back(command.point);
    return {};
  }
  Reason operator()(const rollout_command::Record& command) {
    if (world.journal_.empty() || !(world.journal_.back() == command)) world.journal_.push_back(command);
    return {};
  }
  Reason operator()(const rollout_command::Tidy& command) { return reach(command.host); }
  template <class Other>
  Reason operator()(const Other&) {
    return {};
  }
};

/// Whether a command is for a host that is dead.
struct RolloutWorld::Reach {
  const RolloutWorld& world;

  bool operator()(const rollout_command::Prepare& command) const { return world.dead_hosts_.contains(command.host); }
  bool operator()(const rollout_command::Start& command) const { return of(command.instance); }
  bool operator()(const rollout_command::Stop& command) const { return of(command.instance); }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }
  [[nodiscard]] bool of(const Instance& instance) const { return world.dead_hosts_.contains(instance.address.host); }
};

RolloutWorld::RolloutWorld(RolloutSpec spec, uint64_t seed, Mischief mischief)
    : spec_(std::move(spec)), random_(seed), mischief_(mischief) {}

void RolloutWorld::place(const InstanceAddress& address, const std::string& release) {
  Running& instance = instances_[address];
  instance.release = release;
  instance.since = now_ - std::chrono::hours(1);
  instance.was_ready = true;
  instance.well_at = now_;
  prepared_.insert({address.host, release});
}

void RolloutWorld::share_traffic_among(const std::string& release, const std::string& also) {
  std::vector<InstanceAddress> all;
  for (auto& [address, instance] : instances_) {
    if (instance.release != release && instance.release != also) continue;
    all.push_back(address);
    instance.had_traffic = true;
  }
  const int count = static_cast<int>(all.size());
  split_ = {};
  for (int i = 0; i < count; ++i)
    split_.shares.push_back({all[static_cast<size_t>(i)], 10000 / count + (i < 10000 % count ? 1 : 0)});
}

void RolloutWorld::stand_as(const RolloutWorld& other) {
  now_ = other.now_;
  instances_ = other.instances_;
  prepared_ = other.prepared_;
  split_ = other.split_;
  for (auto& [address, instance] : instances_) instance.was_ready = true;  // it may be, for all that one knows
}

bool RolloutWorld::is_ready(const InstanceAddress& address) const {
  const auto found = instances_.find(address);
  if (found == instances_.end() || !found->second.running) return false;
  const auto known = characters_.find(found->second.release);
  const Character character = known == characters_.end() ? Character{} : known->second;
  const Duration age = now_ - found->second.since;
  return !character.never_ready && age >= character.ready_after &&
         (!character.sick_after || age < *character.sick_after);
}

bool RolloutWorld::anybody_is_ready() const {
  return std::any_of(instances_.begin(), instances_.end(), [&](const auto& each) { return is_ready(each.first); });
}

int RolloutWorld::weight(const InstanceAddress& address) const {
  for (const TrafficSplit::Share& share : split_.shares)
    if (share.address == address) return share.weight;
  return 0;
}

void RolloutWorld::schedule(Happening happening, Duration after) {
  happening.at = now_ + after;
  happening.number = ++numbers_;
  queue_.push(std::move(happening));
}

Duration RolloutWorld::delay_of(const RolloutCommand& command) {
  Duration delay(10 + random_.below(200));
  if (std::holds_alternative<rollout_command::Drain>(command.what)) delay += Duration(random_.below(2000));
  if (std::visit(Reach{*this}, command.what)) delay += dead_known_after_;
  if (random_.one_in(mischief_.answer_is_late)) delay += Duration(random_.below(20000));
  return delay;
}

void RolloutWorld::act(const RolloutCommand& command) {
  if (const auto* say = std::get_if<rollout_command::Say>(&command.what)) {
    story_.push_back(say->text);
    return;
  }
  if (const auto* watch = std::get_if<rollout_command::Watch>(&command.what)) {
    watched_.erase(watch->instance.address);
    if (!watch->on) return;
    watched_[watch->instance.address] = ++watches_;
    schedule({{}, 0, Happening::What::probe, {}, watch->instance.address, watches_}, Duration(random_.below(100)));
    return;
  }
  schedule({{}, 0, Happening::What::answer, command, {}, 0}, delay_of(command));
}

rollout_event::Observed RolloutWorld::observe() const {
  rollout_event::Observed observed;
  for (const auto& [address, instance] : instances_) {
    if (dead_hosts_.contains(address.host)) continue;
    observed.standing.push_back(
        {{address, instance.release, InstanceGroup::stable}, instance.running, weight(address)});
  }
  return observed;
}

void RolloutWorld::driver_dies() {
  watched_.clear();
  std::vector<RolloutCommand> under_way;
  for (; !queue_.empty(); queue_.pop())
    if (queue_.top().what == Happening::What::answer) under_way.push_back(queue_.top().command);
  for (const RolloutCommand& command : under_way)
    if (random_.one_in(2)) std::visit(Carry{*this}, command.what);
}

std::optional<RolloutEvent> RolloutWorld::next(std::optional<Instant> until) {
  while (!queue_.empty()) {
    Happening happening = queue_.top();
    if (until && happening.at > *until) break;
    queue_.pop();
    now_ = std::max(now_, happening.at);
    look_at_all();
    if (auto event = happen(happening)) return event;
  }
  if (!until) return {};
  now_ = std::max(now_, *until);
  look_at_all();
  return RolloutEvent{now_, rollout_event::TimeReached{}};
}

void RolloutWorld::look_at_all() {
  for (auto& [address, instance] : instances_) {
    if (!instance.running && instance.back_at && *instance.back_at <= now_ && !dead_hosts_.contains(address.host)) {
      instance.running = true;
      instance.ill = false;
      instance.since = now_;
      instance.had_traffic = weight(address) > 0;  // what it had died with it
      instance.back_at.reset();
    }
    if (is_ready(address)) {
      instance.was_ready = true;
      instance.well_at = now_;
    } else if (instance.running && instance.was_ready && !instance.ill) {
      instance.ill = true;
      ++damage_;
    }
  }
}

void RolloutWorld::kill(const InstanceAddress& address) {
  const auto found = instances_.find(address);
  if (found == instances_.end() || !found->second.running) return;
  found->second.running = false;
  ++damage_;
}

std::optional<RolloutEvent> RolloutWorld::happen(const Happening& happening) {
  return happening.what == Happening::What::probe ? probe(happening) : answer(happening.command);
}

void RolloutWorld::a_host_dies() {
  const HostSlots& host = spec_.hosts[static_cast<size_t>(random_.below(static_cast<int>(spec_.hosts.size())))];
  if (dead_hosts_.size() + 1 >= spec_.hosts.size() || dead_hosts_.contains(host.host)) return;
  damage_ += static_cast<int>(host.ports.size());  // what should come back there can't
  host_dies(host.host);
}

void RolloutWorld::host_dies(const std::string& host, Duration known_after) {
  dead_hosts_.insert(host);
  dead_known_after_ = known_after;
  for (auto& [address, instance] : instances_)
    if (address.host == host) kill(address);
}

std::optional<RolloutEvent> RolloutWorld::answer(const RolloutCommand& command) {
  if (random_.one_in(mischief_.answered_twice)) {
    Happening again{{}, 0, Happening::What::answer, command, {}, 0};
    const bool harmless = std::holds_alternative<rollout_command::Prepare>(command.what);
    if (harmless) schedule(std::move(again), Duration(random_.below(3000)));
  }
  if (random_.one_in(mischief_.host_dies)) a_host_dies();
  std::optional<std::string> reason = refuses ? refuses(command) : std::nullopt;
  if (!reason && random_.one_in(mischief_.command_fails)) {
    if (random_.one_in(2)) std::visit(Carry{*this}, command.what);  // done, and the answer was lost
    reason = "bad luck";
  }
  if (!reason) reason = std::visit(Carry{*this}, command.what);
  if (const auto* drain = std::get_if<rollout_command::Drain>(&command.what); drain && reason)
    if (const auto found = instances_.find(drain->instance.address); found != instances_.end())
      found->second.drained = true;  // as well as could be
  if (reason) return RolloutEvent{now_, rollout_event::Failed{command.id, *reason, "last lines"}};
  if (std::holds_alternative<rollout_command::Measure>(command.what)) {
    Verdict verdict = Verdict::pass;
    for (const auto& [address, instance] : instances_)
      if (const auto found = characters_.find(instance.release); found != characters_.end() && weight(address) > 0)
        if (found->second.verdict != Verdict::pass) verdict = found->second.verdict;
    return RolloutEvent{now_, rollout_event::Measured{command.id, verdict, "errors 0.2% against 0.2%",
                                                      "evidence " + std::to_string(command.id)}};
  }
  return RolloutEvent{now_, rollout_event::Done{command.id}};
}

std::optional<RolloutEvent> RolloutWorld::probe(const Happening& happening) {
  const auto watched = watched_.find(happening.address);
  if (watched == watched_.end() || watched->second != happening.watch) return {};
  schedule(happening, spec_.health.every);
  if (random_.one_in(mischief_.instance_dies)) {
    kill(happening.address);
    if (const auto found = instances_.find(happening.address); found != instances_.end() && !random_.one_in(4))
      found->second.back_at = now_ + Duration(random_.below(10000));
  }
  const bool well = is_ready(happening.address);
  const bool flaps = well && random_.one_in(mischief_.probe_flaps);
  const bool ok = well && !flaps;
  return RolloutEvent{now_, rollout_event::Probed{happening.address, ok, ok ? "" : "GET /healthz: 503", ""}};
}

}  // namespace penstock::testing
