#pragma once

#include <string>

#include "rollout/turn.h"

namespace penstock::machine {

/// An analysis over this time begins: as many looks as fit, the last at its end.
void begin_looking(Turn& turn, Duration time);
void end_looking(Turn& turn);
/// Asks for the next look where its time has come. True where it did.
bool look_if_due(Turn& turn);
void on_measured(Turn& turn, Verdict verdict, const std::string& summary, const std::string& evidence = {});
/// The inline analysis has had its last look, and it passed.
[[nodiscard]] bool has_passed(const RolloutState& state);
/// Background analysis: why the next step can't begin yet. Empty: it can.
[[nodiscard]] std::string lacks_verdict(const RolloutState& state);
[[nodiscard]] bool analyses_in_background(const RolloutState& state);

}  // namespace penstock::machine
