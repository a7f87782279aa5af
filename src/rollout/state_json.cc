#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "rollout/json_fields.h"
#include "rollout/state.h"
#include "rollout/steps.h"

namespace penstock {

namespace archive {

template <>
struct Words<RolloutPhase> {
  static constexpr std::array names = {"created"sv,     "preparing"sv, "rolling_out"sv, "paused"sv, "baking"sv,
                                       "taking_back"sv, "live"sv,      "taken_back"sv,  "failed"sv, "lost"sv};
};
template <>
struct Words<RolloutStep::Kind> {
  static constexpr std::array names = {"record_started"sv, "hook"sv,   "prepare"sv, "roll"sv,  "scale"sv,
                                       "weigh"sv,          "header"sv, "preview"sv, "pause"sv, "analyse"sv,
                                       "promote"sv,        "bake"sv,   "retire"sv,  "finish"sv};
};
template <>
struct Words<Member::Life> {
  static constexpr std::array names = {"planned"sv, "starting"sv, "up"sv, "draining"sv, "stopping"sv};
};

}  // namespace archive

namespace {

constexpr int kStateFormat = 1;
constexpr int kMany = 1000000;

}  // namespace

template <class A>
void fields(A& a, RolloutStep& v) {
  a.required("kind", v.kind);
  a.optional("number", v.number);
  a.optional("title", v.title);
  a.optional("amount", v.amount);
  a.optional("keep", v.keep);
  a.optional("baseline", v.baseline);
  a.optional("hosts", v.hosts);
  a.optional("skippable", v.skippable);
  a.optional("time", v.time);
  a.optional("hook", v.hook);
  a.optional("route", v.route);
}

template <class A>
void fields(A& a, Member& v) {
  a.required("instance", v.instance);
  a.required("life", v.life);
  a.optional("leaving", v.leaving);
  a.optional("ready", v.ready);
  a.optional("served", v.served);
  a.optional("given_up", v.given_up);
  a.optional("streak", v.streak);
  a.required("home", v.home);
  a.optional("started_at", v.started_at);
  a.optional("ready_at", v.ready_at);
  a.optional("detail", v.detail);
  a.optional("log", v.log);
}

template <class A>
void fields(A& a, Pending& v) {
  a.required("command", v.command);
  a.required("tries", v.tries);
  a.optional("retry_at", v.retry_at);
  a.optional("reason", v.reason);
}

template <class A>
void fields(A& a, Looking& v) {
  a.optional("on", v.on);
  a.optional("since", v.since);
  a.optional("done", v.done);
  a.required("looks", v.looks);
  a.optional("next_at", v.next_at);
  a.optional("last", v.last);
  a.optional("evidence", v.evidence);
}

template <class A>
void fields(A& a, RolloutState& v) {
  a.required("spec", v.spec);
  a.optional("from", v.from);
  a.required("to", v.to);
  a.required("steps", v.steps);
  a.optional("step", v.step);
  a.optional("step_begun", v.step_begun);
  a.optional("step_since", v.step_since);
  a.optional("go_on", v.go_on);
  a.required("phase", v.phase);
  a.optional("now", v.now);
  a.optional("last_id", v.last_id);
  a.optional("members", v.members);
  a.optional("homes", v.homes);
  a.optional("ready_hosts", v.ready_hosts);
  a.optional("pending", v.pending);
  a.optional("want_incoming", v.want_incoming);
  a.optional("want_baseline", v.want_baseline);
  a.optional("keep_old", v.keep_old);
  a.optional("scope", v.scope);
  a.optional("share", v.share);
  a.optional("by_count", v.by_count);
  a.optional("preview", v.preview);
  a.optional("header", v.header);
  a.optional("split", v.split);
  a.optional("split_known", v.split_known);
  a.optional("held_by", v.held_by);
  a.optional("hurry", v.hurry);
  a.optional("freeze", v.freeze);
  a.optional("deadline_at", v.deadline_at);
  a.optional("waiting_since", v.waiting_since);
  a.optional("looking", v.looking);
  a.optional("accepts_inconclusive", v.accepts_inconclusive);
  a.optional("analysis", v.analysis);
  a.optional("touched", v.touched);
  a.optional("promoted", v.promoted);
  a.optional("back_step", v.back_step);
  a.optional("is_back", v.is_back);
  a.optional("desperate", v.desperate);
  a.optional("reason", v.reason);
  a.optional("log", v.log);
  a.optional("troubles", v.troubles);
  a.optional("keep_until", v.keep_until);
}

namespace {

bool is_in_order(const RolloutState& state) {
  for (size_t i = 1; i < state.members.size(); ++i)
    if (!(state.members[i - 1].instance.address < state.members[i].instance.address)) return false;
  return true;
}

/// A state that no rollout could have got into would lead the machine astray.
Result<> check(const RolloutState& state) {
  const auto refuse = [](const std::string& what) {
    return Error{Fault::user, "a rollout can't be read: " + what, "its record is damaged"};
  };
  PENSTOCK_CHECK(machine::steps_of(state.spec));
  const int hosts = static_cast<int>(state.spec.hosts.size());
  const int homes = static_cast<int>(state.homes.size());
  if (state.steps.empty() || state.steps.back().kind != RolloutStep::Kind::finish)
    return refuse("its steps have no end");
  if (state.step < 0 || state.step >= static_cast<int>(state.steps.size())) return refuse("it is at no step");
  if (state.scope < 0 || state.scope > hosts) return refuse("it reaches beyond its hosts");
  for (const RolloutStep& step : state.steps) {
    if (step.hosts < 0 || step.hosts > hosts) return refuse("a step reaches beyond its hosts");
    if (step.amount < 0 || step.amount > kMany || step.baseline < 0 || step.baseline > kMany)
      return refuse("a step wants an impossible number");
  }
  if (state.phase == RolloutPhase::paused) return refuse("its phase is none of its own");
  if (!is_in_order(state)) return refuse("its instances are not in order");
  for (const Member& member : state.members) {
    if (member.home < -1 || member.home >= homes) return refuse("an instance has no home");
    if (member.streak < -kMany || member.streak > kMany) return refuse("an instance was probed impossibly often");
  }
  for (const Pending& each : state.pending)
    if (each.tries < 1 || each.tries > kMany) return refuse("a command was tried impossibly often");
  if (state.last_id < 0 || state.last_id > int64_t{kMany} * kMany) return refuse("its commands have no numbers");
  if (state.looking.done < 0 || state.looking.done > kMany) return refuse("its analysis looked impossibly often");
  if (state.share < 0 || state.share > 10000) return refuse("its share of the traffic is none");
  return success();
}

}  // namespace

std::string Rollout::to_json() const {
  return archive::write_whole(static_cast<const RolloutState&>(*state_), kStateFormat);
}

Result<Rollout> Rollout::from_json(std::string_view text) {
  PENSTOCK_TRY(RolloutState state, archive::read_whole<RolloutState>(text, kStateFormat, "a rollout"));
  PENSTOCK_CHECK(check(state));
  auto owned = std::make_unique<State>();
  static_cast<RolloutState&>(*owned) = std::move(state);
  return Rollout(std::move(owned));
}

}  // namespace penstock
