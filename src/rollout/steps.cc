#include "rollout/steps.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace penstock::machine {

namespace {

using Kind = RolloutStep::Kind;

Error impossible(std::string message, std::string help) { return {Fault::user, std::move(message), std::move(help)}; }

int slots(const RolloutSpec& spec) {
  size_t count = 0;
  for (const HostSlots& host : spec.hosts) count += host.ports.size();
  return static_cast<int>(count);
}

/// Whether each host has ports for its share of the old instances and of so many more.
bool fits_beside(const RolloutSpec& spec, int more) {
  const std::vector<int> old = spread(spec, spec.instances);
  int room = 0;
  for (size_t i = 0; i < old.size(); ++i)
    room += std::max(0, std::min(old[i], static_cast<int>(spec.hosts[i].ports.size()) - old[i]));
  return room >= more;
}

int ports_short(const RolloutSpec& spec) {
  const std::vector<int> old = spread(spec, spec.instances);
  int most = 0;
  for (const int each : old) most = std::max(most, each);
  return 2 * most;
}

/// How many hosts are taken at a time.
int batch_of(const RolloutSpec& spec, const strategy::Rolling& rolling) {
  const int hosts = static_cast<int>(spec.hosts.size());
  const int batch = rolling.batch.rounded_up(hosts);
  return batch <= 0 ? hosts : std::min(batch, hosts);
}

/// Writes a strategy's steps one after the other.
struct Writer {
  const RolloutSpec& spec;
  std::vector<RolloutStep> steps;
  int number = 0;
  std::string title;

  RolloutStep& add(Kind kind) {
    RolloutStep step;
    step.kind = kind;
    step.number = number;
    step.title = title;
    step.hosts = static_cast<int>(spec.hosts.size());
    return steps.emplace_back(std::move(step));
  }
  /// What a person sees as the next step.
  void next(std::string name) {
    ++number;
    title = std::move(name);
  }
  void hook(const std::string& point, bool skippable = false) {
    if (std::find(spec.hooks.begin(), spec.hooks.end(), point) == spec.hooks.end()) return;
    RolloutStep& step = add(Kind::hook);
    step.hook = point;
    step.skippable = skippable;
  }
  void start() {
    add(Kind::record_started);
    hook("before");
    add(Kind::prepare);
  }
  void roll(int amount, int keep, int hosts) {
    RolloutStep& step = add(Kind::roll);
    step.amount = amount;
    step.keep = keep;
    step.hosts = hosts;
  }
  void scale(int amount, int baseline, bool skippable) {
    RolloutStep& step = add(Kind::scale);
    step.amount = amount;
    step.baseline = baseline;
    step.skippable = skippable;
  }
  void weigh(int amount, bool skippable) {
    RolloutStep& step = add(Kind::weigh);
    step.amount = amount;
    step.skippable = skippable;
  }
  void wait(Kind kind, std::optional<Duration> time) {
    RolloutStep& step = add(kind);
    step.time = time;
    step.skippable = true;
  }
  /// From the promotion to the end. The old instances that still stand go, unless they are kept.
  void end(bool keep_old) {
    add(Kind::promote);
    if (spec.bake > Duration::zero()) {
      next("bake " + to_words(spec.bake));
      add(Kind::bake).time = spec.bake;
    }
    if (!keep_old) add(Kind::retire);
    hook("after");
    add(Kind::finish);
  }
};

void write(Writer& to, const strategy::Recreate&) {
  to.start();
  to.next("recreate");
  to.roll(to.spec.instances, 0, static_cast<int>(to.spec.hosts.size()));
  to.hook("after_step");
  to.end(false);
}

void write(Writer& to, const strategy::Rolling& rolling) {
  to.start();
  const int hosts = static_cast<int>(to.spec.hosts.size());
  const int batch = batch_of(to.spec, rolling);
  const int batches = (hosts + batch - 1) / batch;
  const std::vector<int> quota = spread(to.spec, to.spec.instances);
  for (int i = 0; i < batches; ++i) {
    const int reach = std::min(hosts, (i + 1) * batch);
    int amount = 0;
    for (int host = 0; host < reach; ++host) amount += quota[static_cast<size_t>(host)];
    to.next(batches == 1 ? "rolling" : "batch " + std::to_string(i + 1) + " of " + std::to_string(batches));
    to.roll(amount, 0, reach);
    to.hook("after_step");
    if (i + 1 < batches && rolling.wait > Duration::zero()) to.wait(Kind::pause, rolling.wait);
  }
  to.end(false);
}

void write(Writer& to, const strategy::BlueGreen& colours) {
  to.start();
  to.next("start beside");
  to.scale(to.spec.instances, 0, false);
  if (colours.preview || colours.analysis) to.add(Kind::preview).amount = 1;
  to.hook("after_step");
  if (colours.analysis) {
    to.next("analysis");
    to.wait(Kind::analyse, to.spec.analysis_every * 5);
  }
  if (colours.preview) {
    to.next("preview");
    to.wait(Kind::pause, std::nullopt);
  }
  to.next("switch");
  to.hook("before_switch");
  to.weigh(10000, false);
  if (colours.preview || colours.analysis) to.add(Kind::preview);
  to.end(colours.keep_old > Duration::zero());
}

/// Canaries to start for this weight: nearest integer, ties up, at least one.
int canaries_for(const RolloutSpec& spec, int percent) {
  if (percent == 0) return 0;
  return std::clamp((percent * spec.instances * 2 + 100) / 200, 1, spec.instances);
}

/// How many instances the canary group has, where traffic is steered.
int canary_group(const RolloutSpec& spec, const strategy::Canary& canary) {
  if (canary.instances.value > 0) return std::clamp(canary.instances.rounded_up(spec.instances), 1, spec.instances);
  int most = 1;
  for (const strategy::CanaryStep& step : canary.steps)
    if (const auto* weight = std::get_if<strategy::CanaryStep::Weight>(&step.what))
      most = std::max(most, canaries_for(spec, weight->percent));
  return most;
}

/// One step of a canary, as written.
struct CanaryWriter {
  Writer& to;
  int group;
  int baseline;
  int hosts;

  void operator()(const strategy::CanaryStep::Weight& weight) {
    to.next(std::to_string(weight.percent) + "%");
    if (to.spec.steers_traffic) {
      to.scale(group, baseline, true);
      to.weigh(weight.percent * 100, true);
    } else {
      const int canaries = canaries_for(to.spec, weight.percent);
      to.roll(canaries, to.spec.instances - canaries, hosts);
      to.steps.back().skippable = true;
    }
    to.hook("after_step", true);
  }
  void operator()(const strategy::CanaryStep::Pause& pause) {
    to.next(pause.time ? "pause " + to_words(*pause.time) : "pause for a person");
    to.wait(Kind::pause, pause.time);
  }
  void operator()(const strategy::CanaryStep::Analysis& analysis) {
    to.next("analysis " + to_words(analysis.time));
    to.wait(Kind::analyse, analysis.time);
  }
  void operator()(const strategy::CanaryStep::Header& header) {
    to.next("header " + header.route.name);
    to.scale(group, baseline, true);
    RolloutStep& step = to.add(Kind::header);
    step.route = header.route;
    step.skippable = true;
    to.hook("after_step", true);
  }
};

void write(Writer& to, const strategy::Canary& canary) {
  to.start();
  const int hosts = static_cast<int>(to.spec.hosts.size());
  const int group = canary_group(to.spec, canary);
  CanaryWriter writer{to, group, canary.baseline ? group : 0, hosts};
  for (const strategy::CanaryStep& step : canary.steps) std::visit(writer, step.what);
  to.next("promote");
  to.hook("before_switch");
  if (to.spec.steers_traffic && fits_beside(to.spec, to.spec.instances)) {
    to.scale(to.spec.instances, 0, false);
    to.weigh(10000, false);
  } else {
    to.roll(to.spec.instances, 0, hosts);
    if (to.spec.steers_traffic) to.weigh(10000, false);
  }
  if (to.spec.steers_traffic) to.add(Kind::header);
  to.end(false);
}

Result<> check(const RolloutSpec& spec, const strategy::Recreate&) {
  (void)spec;
  return success();
}

Result<> check(const RolloutSpec& spec, const strategy::Rolling& rolling) {
  const Promise promise = promise_of(spec);
  if (promise.surge <= 0 && promise.unavailable <= 0)
    return impossible("a rolling release can't begin where max_surge and max_unavailable both come to zero",
                      "let one of them be at least 1 (of " + std::to_string(spec.instances) + " instances)");
  if (promise.unavailable > 0) return success();
  const std::vector<int> quota = spread(spec, spec.instances);
  const int hosts = static_cast<int>(spec.hosts.size());
  const int batch = batch_of(spec, rolling);
  for (int first = 0; first < hosts; first += batch) {
    const auto is_full = [&](int host) {
      const auto index = static_cast<size_t>(host);
      return static_cast<int>(spec.hosts[index].ports.size()) <= quota[index];
    };
    bool full = true;
    for (int host = first; host < std::min(hosts, first + batch); ++host) full = full && is_full(host);
    if (!full) continue;
    const std::string where = batch == 1      ? spec.hosts[static_cast<size_t>(first)].host + " has none"
                              : batch < hosts ? "no host of a batch has one"
                                              : "no host has one";
    return impossible(
        "a rolling release without max_unavailable needs a free port for the first new instance, and " + where,
        "give a host one more port, or set `max_unavailable: 1`");
  }
  return success();
}

Result<> check(const RolloutSpec& spec, const strategy::BlueGreen&) {
  if (!spec.steers_traffic)
    return impossible("blue-green needs something that steers traffic from the old instances to the new ones",
                      "declare `traffic:` (haproxy or a command), or use rolling");
  if (!fits_beside(spec, spec.instances))
    return impossible("blue-green starts all new instances beside the old ones, and there are too few ports for both",
                      "give each host at least " + std::to_string(ports_short(spec)) + " ports");
  return success();
}

Result<> check_canary_room(const RolloutSpec& spec, const strategy::Canary& canary) {
  const int more =
      spec.steers_traffic ? canary_group(spec, canary) * (canary.baseline ? 2 : 1) : promise_of(spec).surge;
  if (slots(spec) < spec.instances + more)
    return impossible("a canary needs " + std::to_string(more) + " free port" + (more == 1 ? "" : "s") +
                          " beside the " + std::to_string(spec.instances) + " old instances, and the hosts have " +
                          std::to_string(slots(spec)) + " ports in all",
                      "give the hosts more ports");
  return success();
}

Result<> check(const RolloutSpec& spec, const strategy::Canary& canary) {
  int last = 0;
  for (const strategy::CanaryStep& step : canary.steps) {
    if (const auto* weight = std::get_if<strategy::CanaryStep::Weight>(&step.what)) {
      if (weight->percent < 0 || weight->percent > 100)
        return impossible("a canary's weight is between 0% and 100%, not " + std::to_string(weight->percent) + "%", "");
      if (!spec.steers_traffic && weight->percent < last)
        return impossible("a canary's weight can't fall to " + std::to_string(weight->percent) +
                              "% where the numbers of instances split the traffic",
                          "declare `traffic:`, or let the weights rise");
      last = weight->percent;
    }
    if (std::holds_alternative<strategy::CanaryStep::Header>(step.what) && !spec.steers_traffic)
      return impossible("a canary by header needs something that steers traffic", "declare `traffic:`");
  }
  if (canary.baseline && !spec.steers_traffic)
    return impossible("baseline instances need something that steers traffic to them", "declare `traffic:`");
  return check_canary_room(spec, canary);
}

Result<> check_hosts(const RolloutSpec& spec) {
  if (spec.instances < 1)
    return impossible("an environment needs at least one instance", "set `instances:` to 1 or more");
  std::set<InstanceAddress> seen;
  for (const HostSlots& host : spec.hosts)
    for (const int port : host.ports)
      if (!seen.insert({host.host, port}).second)
        return impossible("port " + std::to_string(port) + " of " + host.host + " is named twice", "name it once");
  if (slots(spec) < spec.instances)
    return impossible(
        "the hosts have " + std::to_string(slots(spec)) + " ports for " + std::to_string(spec.instances) + " instances",
        "add ports or hosts, or lower `instances:`");
  return success();
}

}  // namespace

Promise promise_of(const RolloutSpec& spec) {
  const int wanted = spec.instances;
  if (std::holds_alternative<strategy::Recreate>(spec.strategy)) return {0, wanted, true};
  if (const auto* rolling = std::get_if<strategy::Rolling>(&spec.strategy))
    return {std::clamp(rolling->max_surge.rounded_up(wanted), 0, slots(spec)),
            std::clamp(rolling->max_unavailable.rounded_down(wanted), 0, wanted), false};
  if (!spec.steers_traffic) return {strategy::Rolling{}.max_surge.rounded_up(wanted), 0, false};
  return {wanted, 0, false};
}

std::vector<int> spread(const RolloutSpec& spec, int wanted) {
  std::vector<int> quota(spec.hosts.size(), 0);
  while (wanted > 0) {
    int least = -1;
    for (size_t i = 0; i < quota.size(); ++i) {
      if (quota[i] >= static_cast<int>(spec.hosts[i].ports.size())) continue;
      if (least < 0 || quota[i] < quota[static_cast<size_t>(least)]) least = static_cast<int>(i);
    }
    if (least < 0) break;
    ++quota[static_cast<size_t>(least)];
    --wanted;
  }
  return quota;
}

Result<std::vector<RolloutStep>> steps_of(const RolloutSpec& spec) {
  PENSTOCK_CHECK(check_hosts(spec));
  PENSTOCK_CHECK(std::visit([&](const auto& strategy) { return check(spec, strategy); }, spec.strategy));
  Writer writer{spec, {}, 0, {}};
  std::visit([&](const auto& strategy) { write(writer, strategy); }, spec.strategy);
  Duration waits{};
  for (const RolloutStep& step : writer.steps)
    if (step.kind != Kind::bake) waits += step.time.value_or(Duration::zero());
  if (waits >= spec.deadline)
    return impossible(
        "the steps wait for " + to_words(waits) + " in all, and the deadline is " + to_words(spec.deadline),
        "raise `deadline:`, or wait less");
  return std::move(writer.steps);
}

}  // namespace penstock::machine
