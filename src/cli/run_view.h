#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "cli/style.h"

namespace penstock {

/// What a run shows of one job, as data: built from the engine's state and the runner's results (run_model.h), drawn
/// here.
struct JobLine {
  std::string name;
  Mark mark = Mark::waiting;
  std::string note;  ///< The last line of its log while it runs, the reason while it waits.
  std::optional<Duration> elapsed;
  std::optional<Duration> remaining;  ///< From an earlier run; none is made up.
};

struct StageLine {
  std::string name;
  Mark mark = Mark::waiting;
  std::string facts;  ///< `packaged app-2.7.0`, `3 of 5 jobs`, `waiting for approval`.
  std::optional<Duration> elapsed;
  std::vector<JobLine> jobs;  ///< Drawn below the stage while it runs or where it failed.
};

struct RunView {
  std::string title;  ///< `release · app @ 3f9c2e1 "Add checkout" (main)`.
  std::string clock;  ///< `14:03:07`: when it started.
  std::vector<StageLine> stages;
};

/// The frame for a terminal of `width` cells and `height` lines; lines without line breaks, none wider than `width`.
/// Under 40 columns only the mark and the name are left. Where it is too high, jobs that wait or passed are counted
/// instead of listed, then stages are.
std::vector<std::string> draw(const RunView& view, const Style& style, size_t width, size_t height);

/// The end of a run on standard output: one line a stage, `name  facts`, aligned; no marks, no colour, the same for
/// scripts. On a terminal of so few `columns` (0: none) that they would wrap, the facts stand below the name.
std::string final_lines(const RunView& view, size_t columns);

}  // namespace penstock
