#pragma once

#include <string>

#include "executor_sandbox/room_plan.h"
#include "executor_sandbox/rung.h"

namespace penstock::sandbox {

/// What a room's first process is given.
struct RoomStart {
  int socket = -1;  ///< To `ci`; its end is the room's end.
  Rung rung = Rung::root;
  RoomPlan plan;
  std::string overlay;         ///< Where its overlay is mounted, relative to the working directory.
  std::string upper;           ///< The overlay's upper folder.
  bool leaves_traces = false;  ///< Whether the upper folder tells of all that a job writes.
  std::string temporary;       ///< TMPDIR of its job, absolute.
};

/// The life of a room's first process, in its namespaces: furnishes the room, then starts shells as it is told, reaps,
/// passes signals on, and ends what a shell left running. Ends with the socket. Never returns.
[[noreturn]] void live_in_room(RoomStart start);

}  // namespace penstock::sandbox
