#pragma once

#include "rollout/turn.h"

namespace penstock::machine {

/// What answers mean. One for a command that nobody waits for any more is ignored.
void on_done(Turn& turn, const rollout_event::Done& done);
void on_failed(Turn& turn, const rollout_event::Failed& failed);
void on_measured(Turn& turn, const rollout_event::Measured& measured);

}  // namespace penstock::machine
