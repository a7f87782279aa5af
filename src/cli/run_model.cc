#include "cli/run_model.h"

#include <algorithm>
#include <unordered_map>

#include "base/text_width.h"
#include "base/words.h"
#include "cli/line_text.h"
#include "coordinator/summary.h"

namespace penstock {
namespace {

std::string note_of(const Run& run, size_t index, const LiveFacts& live) {
  const JobState& state = run.state(index);
  switch (state.status) {
    case Status::running: {
      const auto line = live.last_lines.find(index);
      return line == live.last_lines.end() ? std::string() : plain_line(line->second);
    }
    case Status::canceling:
      return "is being canceled";
    case Status::pending:
      return live.slots == 0 ? "waits for a free slot"
                             : "waits for a free slot (" + std::to_string(run.running()) + " of " +
                                   std::to_string(live.slots) + " busy)";
    case Status::waiting_for_resource: {
      if (has_let_go(state)) return printable(state.why);
      const auto known = live.waits.find(index);
      return known != live.waits.end() ? printable(known->second)
                                       : "waits for " + quoted(printable(run.job(index).resource_group->name));
    }
    case Status::manual:
      return "waits for approval";
    case Status::failed:
    case Status::canceled:
      return state.outcome ? std::string(sentence_of(state.outcome->reason)) : std::string();
    default:
      return printable(state.why);
  }
}

std::optional<Duration> elapsed_of(const JobState& state, Instant now) {
  if (!state.started_at || state.status == Status::pending) return std::nullopt;
  const Instant end = has_ended(state.status) ? state.ended_at.value_or(now) : now;
  return std::max(Duration{}, end - *state.started_at);
}

JobLine line_of(const Run& run, size_t index, const LiveFacts& live, Instant now) {
  const JobState& state = run.state(index);
  JobLine line;
  line.name = printable(run.job(index).name);
  line.mark = job_mark(run, index);
  line.note = note_of(run, index, live);
  line.elapsed = elapsed_of(state, now);
  const auto earlier = live.earlier.find(run.job(index).name);
  if (state.status == Status::running && line.elapsed && earlier != live.earlier.end() &&
      earlier->second > *line.elapsed) {
    line.remaining = earlier->second - *line.elapsed;
  }
  return line;
}

/// From the first start to the last end of its jobs; to now while one runs.
std::optional<Duration> elapsed_of(const Run& run, const std::vector<size_t>& jobs, Instant now) {
  std::optional<Instant> first;
  std::optional<Instant> last;
  bool running = false;
  for (const size_t index : jobs) {
    const JobState& state = run.state(index);
    if (state.started_at) first = first ? std::min(*first, *state.started_at) : *state.started_at;
    if (state.ended_at && state.started_at) last = last ? std::max(*last, *state.ended_at) : *state.ended_at;
    running = running || state.status == Status::running || state.status == Status::canceling;
  }
  if (!first) return std::nullopt;
  return std::max(Duration{}, (running ? now : last.value_or(now)) - *first);
}

}  // namespace

std::vector<std::pair<std::string, std::vector<size_t>>> jobs_by_stage(const Run& run) {
  std::vector<std::pair<std::string, std::vector<size_t>>> stages;
  std::unordered_map<std::string_view, size_t> positions;
  for (const std::string& name : run.plan().stages) {
    positions.emplace(name, stages.size());
    stages.emplace_back(name, std::vector<size_t>());
  }
  for (size_t index = 0; index < run.size(); ++index) {
    const std::string& stage = run.job(index).stage;
    const auto [position, added] = positions.emplace(stage, stages.size());
    if (added) stages.emplace_back(stage, std::vector<size_t>());
    stages[position->second].second.push_back(index);
  }
  std::erase_if(stages, [](const auto& stage) { return stage.second.empty(); });
  return stages;
}

RunView view_of(const Run& run, const JobResults& results, const LiveFacts& live, Instant now) {
  RunView view;
  for (const auto& [name, jobs] : jobs_by_stage(run)) {
    StageLine stage;
    stage.name = printable(name);
    stage.mark = stage_mark(run, jobs);
    stage.facts = stage_facts(run, jobs, results, now);
    stage.elapsed = elapsed_of(run, jobs, now);
    if (stage.mark == Mark::running || stage.mark == Mark::failed) {
      for (const size_t index : jobs) stage.jobs.push_back(line_of(run, index, live, now));
    }
    view.stages.push_back(std::move(stage));
  }
  return view;
}

}  // namespace penstock
