#pragma once

#include <string>

#include "rollout/turn.h"

namespace penstock::machine {

/// Something went wrong: from here on the rollout is taken back. Of a rollout that is taken back already or has ended,
/// nothing.
void fail(Turn& turn, const std::string& reason, const std::string& log);
/// Decides which instances come and go on the way back, and takes it to its end. True where something was decided.
bool take_back(Turn& turn);
/// As many old instances as must be ready before all traffic goes back to them: as many as the strategy promises, of
/// those that can be brought back. At least one.
[[nodiscard]] int enough_old_ones(const RolloutState& state);
/// Traffic itself can't be moved: nothing more is touched, and a person must look.
void abandon(Turn& turn);
/// Ends it in `phase`: nothing is probed any more.
void end(Turn& turn, RolloutPhase phase);

}  // namespace penstock::machine
