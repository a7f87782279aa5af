#include "rollout/answers.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "rollout/analysis.h"
#include "rollout/fleet.h"
#include "rollout/taking_back.h"
#include "rollout/traffic.h"

namespace penstock::machine {

namespace {

namespace command = rollout_command;

std::optional<Pending> take(RolloutState& state, int64_t id) {
  const auto found = std::find_if(state.pending.begin(), state.pending.end(),
                                  [&](const Pending& each) { return each.command.id == id && !each.retry_at; });
  if (found == state.pending.end()) return {};
  Pending pending = std::move(*found);
  state.pending.erase(found);
  return pending;
}

struct OnDone {
  Turn& turn;

  void operator()(const command::Prepare& done) { on_prepared(turn, done); }
  void operator()(const command::Start& done) { on_started(turn, done); }
  void operator()(const command::Drain& done) { on_drained(turn, done); }
  void operator()(const command::Stop& done) { on_stopped(turn, done); }
  void operator()(const command::Shift& done) { on_shifted(turn, done); }
  void operator()(const command::Record& done) {
    if (done.what == command::Record::What::started) turn.state.touched = true;
  }
  void operator()(const command::Measure&) { on_measured(turn, Verdict::inconclusive, "nothing was measured"); }
  template <class Other>
  void operator()(const Other&) {}
};

/// How often each command is tried in all. On the way back more: nobody else would do it.
struct Tries {
  bool back;

  int operator()(const command::Shift&) const { return back ? 6 : 3; }
  int operator()(const command::Stop&) const { return back ? 5 : 3; }
  int operator()(const command::Record&) const { return 5; }
  int operator()(const command::Start&) const { return back ? 4 : 1; }
  int operator()(const command::Prepare&) const { return back ? 4 : 1; }
  template <class Other>
  int operator()(const Other&) const {
    return 1;
  }
};

/// One host is waited for less patiently than the proxy or the journal, which nothing gets by: others can serve.
Duration pause_before(const RolloutCommand& given, int attempt) {
  const bool for_all =
      std::holds_alternative<command::Shift>(given.what) || std::holds_alternative<command::Record>(given.what);
  return std::chrono::seconds(1 << std::min(attempt - 2, for_all ? 4 : 1));
}

/// A command failed for good.
struct OnGivenUp {
  Turn& turn;
  const rollout_event::Failed& failed;

  void trouble(const std::string& words) {
    turn.state.troubles.push_back(words);
    turn.say(words);
  }

  void operator()(const command::Prepare& given_up) {
    if (is_forward(turn.state)) return fail(turn, failed.reason, failed.log);
    bool needed = false;
    for (Member& member : turn.state.members) {
      const bool waited = member.life == Member::Life::planned && member.instance.address.host == given_up.host &&
                          member.instance.release == given_up.release;
      if (waited) give_up(member);
      needed = needed || waited;
    }
    if (needed) trouble(given_up.host + " could not be prepared: " + failed.reason);
  }
  void operator()(const command::Start& given_up) {
    const bool forward = is_forward(turn.state);
    if (forward) fail(turn, failed.reason, failed.log);
    Member* member = find_member(turn.state, given_up.instance.address);
    if (!member || member->life != Member::Life::starting) return;
    member->log = failed.log;
    if (!forward && member->instance.group == InstanceGroup::stable) {
      trouble(name_of(given_up.instance.address) + " could not be started again: " + failed.reason);
      return give_up(*member);
    }
    member->life = Member::Life::up;  // half of it may stand there: it is stopped
    member->leaving = true;
  }
  void operator()(const command::Drain& given_up) {
    turn.say(name_of(given_up.instance.address) + " could not be drained: " + failed.reason);
    on_drained(turn, given_up);
  }
  void operator()(const command::Stop& given_up) {
    const std::string words = name_of(given_up.instance.address) + " could not be stopped: " + failed.reason;
    if (is_forward(turn.state) && !turn.state.promoted) {
      fail(turn, words, failed.log);
      if (Member* member = find_member(turn.state, given_up.instance.address)) member->life = Member::Life::up;
      return;
    }
    trouble(words);
    on_stopped(turn, given_up);
  }
  void operator()(const command::Shift&) {
    const std::string words = "traffic could not be shifted: " + failed.reason;
    if (is_forward(turn.state)) return fail(turn, words, failed.log);
    if (turn.state.phase != RolloutPhase::taking_back) return;
    trouble(words);
    abandon(turn);
  }
  void operator()(const command::Measure&) { on_measured(turn, Verdict::inconclusive, failed.reason); }
  void operator()(const command::RunHook& given_up) {
    const std::string words = "the hook `" + given_up.point + "` " + failed.reason;
    if (is_forward(turn.state) && !turn.state.promoted) return fail(turn, words, failed.log);
    turn.say(words);
  }
  void operator()(const command::Record&) {
    const std::string words = "the environment's journal could not be written: " + failed.reason;
    if (is_forward(turn.state)) return fail(turn, words, failed.log);
    trouble(words);
  }
  void operator()(const command::Tidy& given_up) { turn.say(given_up.host + " could not be tidied: " + failed.reason); }
  template <class Other>
  void operator()(const Other&) {}

 private:
  static void give_up(Member& member) {
    member.life = Member::Life::up;
    member.given_up = true;
  }
};

}  // namespace

void on_done(Turn& turn, const rollout_event::Done& done) {
  const auto pending = take(turn.state, done.command);
  if (pending) std::visit(OnDone{turn}, pending->command.what);
}

void on_failed(Turn& turn, const rollout_event::Failed& failed) {
  RolloutState& state = turn.state;
  if (failed.command == 0) {
    if (state.phase == RolloutPhase::created) return fail(turn, failed.reason, failed.log);
    return turn.say("the target could not be looked at: " + failed.reason);
  }
  auto pending = take(state, failed.command);
  if (!pending) return;
  if (std::holds_alternative<command::Shift>(pending->command.what)) state.split_known = false;
  const auto* start = std::get_if<command::Start>(&pending->command.what);
  const Member* starting = start ? find_member(state, start->instance.address) : nullptr;
  const bool in_vain = starting && starting->leaving;
  if (in_vain || pending->tries >= std::visit(Tries{!is_forward(state)}, pending->command.what))
    return std::visit(OnGivenUp{turn, failed}, pending->command.what);
  pending->retry_at = turn.now + pause_before(pending->command, pending->tries + 1);
  pending->reason = failed.reason;
  state.pending.push_back(std::move(*pending));
}

void on_measured(Turn& turn, const rollout_event::Measured& measured) {
  const auto pending = take(turn.state, measured.command);
  if (pending && std::holds_alternative<command::Measure>(pending->command.what))
    on_measured(turn, measured.verdict, measured.summary, measured.evidence);
}

}  // namespace penstock::machine
