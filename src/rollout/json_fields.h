#pragma once

#include <array>
#include <string_view>

#include "rollout/command.h"
#include "rollout/event.h"
#include "rollout/json_archive.h"
#include "rollout/spec.h"

/// The members of this room's values, as stored. Frozen: a name never changes its meaning. For .cc files only.
namespace penstock {

namespace archive {

using namespace std::string_view_literals;

template <>
struct Words<InstanceGroup> {
  static constexpr std::array names = {"stable"sv, "incoming"sv, "baseline"sv};
};
template <>
struct Words<Verdict> {
  static constexpr std::array names = {"pass"sv, "fail"sv, "inconclusive"sv};
};
template <>
struct Words<rollout_event::Steered::What> {
  static constexpr std::array names = {"pause"sv, "continue"sv, "promote"sv, "abort"sv};
};
template <>
struct Words<rollout_command::Record::What> {
  static constexpr std::array names = {"started"sv, "promoted"sv, "taken_back"sv, "ended"sv};
};
template <>
struct Kinds<Strategy> {
  static constexpr std::array names = {"recreate"sv, "rolling"sv, "blue_green"sv, "canary"sv};
  static_assert(std::variant_size_v<Strategy> == names.size());
};
template <>
struct Kinds<decltype(strategy::CanaryStep::what)> {
  static constexpr std::array names = {"weight"sv, "pause"sv, "analysis"sv, "header"sv};
  static_assert(std::variant_size_v<decltype(strategy::CanaryStep::what)> == names.size());
};
template <>
struct Kinds<decltype(RolloutEvent::what)> {
  static constexpr std::array names = {"observed"sv,     "done"sv,   "failed"sv,  "probed"sv,    "measured"sv,
                                       "time_reached"sv, "freeze"sv, "steered"sv, "lease_lost"sv};
  static_assert(std::variant_size_v<decltype(RolloutEvent::what)> == names.size());
};
template <>
struct Kinds<decltype(RolloutCommand::what)> {
  static constexpr std::array names = {"prepare"sv, "start"sv,    "drain"sv,  "stop"sv, "watch"sv, "shift"sv,
                                       "measure"sv, "run_hook"sv, "record"sv, "tidy"sv, "say"sv};
  static_assert(std::variant_size_v<decltype(RolloutCommand::what)> == names.size());
};

}  // namespace archive

template <class A>
void fields(A& a, Actor& v) {
  a.optional("name", v.name);
  a.optional("email", v.email);
  a.optional("proved", v.proved);
}
template <class A>
void fields(A& a, InstanceAddress& v) {
  a.required("host", v.host);
  a.required("port", v.port);
}
template <class A>
void fields(A& a, Instance& v) {
  a.required("address", v.address);
  a.required("release", v.release);
  a.optional("group", v.group);
}
template <class A>
void fields(A& a, TrafficSplit::Share& v) {
  a.required("host", v.address.host);
  a.required("port", v.address.port);
  a.required("weight", v.weight);
}
template <class A>
void fields(A& a, TrafficSplit::HeaderRoute& v) {
  a.required("name", v.name);
  a.required("value", v.value);
}
template <class A>
void fields(A& a, TrafficSplit& v) {
  a.required("shares", v.shares);
  a.optional("header", v.header);
  a.optional("preview", v.preview);
  a.optional("by_header", v.by_header);
}
template <class A>
void fields(A& a, Amount& v) {
  a.required("value", v.value);
  a.optional("percent", v.percent);
}
template <class A>
void fields(A& a, HealthPolicy& v) {
  a.required("start_within", v.start_within);
  a.required("every", v.every);
  a.required("timeout", v.timeout);
  a.required("successes", v.successes);
  a.required("failures", v.failures);
  a.required("warm_up", v.warm_up);
}
namespace strategy {

template <class A>
void fields(A&, Recreate&) {}
template <class A>
void fields(A& a, Rolling& v) {
  a.required("max_surge", v.max_surge);
  a.required("max_unavailable", v.max_unavailable);
  a.required("batch", v.batch);
  a.required("wait", v.wait);
}
template <class A>
void fields(A& a, BlueGreen& v) {
  a.required("preview", v.preview);
  a.required("analysis", v.analysis);
  a.required("keep_old", v.keep_old);
}

namespace canary_step {

template <class A>
void fields(A& a, Weight& v) {
  a.required("percent", v.percent);
}
template <class A>
void fields(A& a, Pause& v) {
  a.optional("time", v.time);
}
template <class A>
void fields(A& a, Analysis& v) {
  a.required("time", v.time);
}
template <class A>
void fields(A& a, Header& v) {
  a.required("route", v.route);
}

}  // namespace canary_step

template <class A>
void fields(A& a, CanaryStep& v) {
  a.required("what", v.what);
}
template <class A>
void fields(A& a, Canary& v) {
  a.required("steps", v.steps);
  a.required("instances", v.instances);
  a.required("baseline", v.baseline);
  a.required("background_analysis", v.background_analysis);
}

}  // namespace strategy

template <class A>
void fields(A& a, HostSlots& v) {
  a.required("host", v.host);
  a.required("ports", v.ports);
}
template <class A>
void fields(A& a, RolloutSpec& v) {
  a.required("environment", v.environment);
  a.required("strategy", v.strategy);
  a.required("hosts", v.hosts);
  a.required("instances", v.instances);
  a.required("steers_traffic", v.steers_traffic);
  a.required("health", v.health);
  a.required("drain", v.drain);
  a.required("deadline", v.deadline);
  a.required("bake", v.bake);
  a.optional("analyse_bake", v.analyse_bake);
  a.required("analysis_every", v.analysis_every);
  a.optional("hooks", v.hooks);
}

namespace rollout_event {

template <class A>
void fields(A& a, Observed::Standing& v) {
  a.required("instance", v.instance);
  a.required("running", v.running);
  a.optional("weight", v.weight);
}
template <class A>
void fields(A& a, Observed& v) {
  a.required("standing", v.standing);
}
template <class A>
void fields(A& a, Done& v) {
  a.required("command", v.command);
}
template <class A>
void fields(A& a, Failed& v) {
  a.required("command", v.command);
  a.required("reason", v.reason);
  a.optional("log", v.log);
}
template <class A>
void fields(A& a, Probed& v) {
  a.required("address", v.address);
  a.required("ok", v.ok);
  a.optional("detail", v.detail);
  a.optional("log", v.log);
}
template <class A>
void fields(A& a, Measured& v) {
  a.required("command", v.command);
  a.required("verdict", v.verdict);
  a.optional("summary", v.summary);
  a.optional("evidence", v.evidence);
}
template <class A>
void fields(A&, TimeReached&) {}
template <class A>
void fields(A& a, Freeze& v) {
  a.optional("until", v.until);
  a.optional("name", v.name);
}
template <class A>
void fields(A& a, Steered& v) {
  a.required("what", v.what);
  a.optional("by", v.by);
  a.optional("message", v.message);
}
template <class A>
void fields(A& a, LeaseLost& v) {
  a.required("holder", v.holder);
}

}  // namespace rollout_event

namespace rollout_command {

template <class A>
void fields(A& a, Prepare& v) {
  a.required("host", v.host);
  a.required("release", v.release);
}
template <class A>
void fields(A& a, Start& v) {
  a.required("instance", v.instance);
}
template <class A>
void fields(A& a, Drain& v) {
  a.required("instance", v.instance);
  a.required("at_most", v.at_most);
}
template <class A>
void fields(A& a, Stop& v) {
  a.required("instance", v.instance);
}
template <class A>
void fields(A& a, Watch& v) {
  a.required("instance", v.instance);
  a.required("on", v.on);
}
template <class A>
void fields(A& a, Shift& v) {
  a.required("split", v.split);
}
template <class A>
void fields(A& a, Measure& v) {
  a.required("since", v.since);
  a.required("look", v.look);
  a.required("looks", v.looks);
  a.required("against", v.against);
  a.optional("earlier", v.earlier);
}
template <class A>
void fields(A& a, RunHook& v) {
  a.required("point", v.point);
}
template <class A>
void fields(A& a, Record& v) {
  a.required("what", v.what);
  a.required("release", v.release);
  a.optional("detail", v.detail);
}
template <class A>
void fields(A& a, Tidy& v) {
  a.required("host", v.host);
}
template <class A>
void fields(A& a, Say& v) {
  a.required("text", v.text);
}

}  // namespace rollout_command

template <class A>
void fields(A& a, RolloutEvent& v) {
  a.required("at", v.at);
  a.required("what", v.what);
}
template <class A>
void fields(A& a, RolloutCommand& v) {
  a.required("id", v.id);
  a.required("what", v.what);
}

}  // namespace penstock
