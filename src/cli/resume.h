#pragma once

#include <vector>

#include "base/result.h"
#include "cli/project.h"
#include "cli/run_machine.h"
#include "engine/event.h"

namespace penstock {

struct ResumeOptions {
  int slots = 0;
  bool drive = true;  ///< Become the driver where there is none; else only leave the events.
  Duration waits_for_due = kNearDue;
  bool waits_for_undriven = true;  ///< For a resource before which only runs stand that nobody drives.
};

/// Goes on with a run in this process, as it was started. Returns the exit status.
Result<int> drive_run(Project& project, const World& world, int64_t run, const ResumeOptions& options);

/// Leaves events for a run. A driver that lives is woken; where none does, this process becomes it.
Result<int> post_and_drive(Project& project, const World& world, int64_t run, const std::vector<Event>& events,
                           const ResumeOptions& options);

}  // namespace penstock
