#include "cli/run_report.h"

#include <algorithm>

#include "base/text_width.h"
#include "cli/run_model.h"
#include "cli/when.h"
#include "coordinator/summary.h"

namespace penstock {
namespace {

constexpr size_t kTailBytes = 8192;
constexpr size_t kFailuresShown = 5;

std::string folder_name(const std::string& path) { return printable(std::filesystem::path(path).filename().native()); }

}  // namespace

std::string title_of(const RunHeader& record) {
  const RunFacts& facts = record.facts;
  std::string title =
      printable(facts.pipeline) + " · " + folder_name(facts.repository) + " @ " + facts.commit.substr(0, 7);
  if (!facts.subject.empty()) title += " \"" + printable(facts.subject) + "\"";
  if (!facts.ref.empty()) title += " (" + facts.ref + ")";
  if (facts.worktree) title += " with uncommitted changes";
  return title;
}

Result<std::vector<Failure>> failures_of(Project& project, const StoredRun& run, const JobResults& results) {
  std::vector<size_t> failed;
  for (size_t index = 0; index < run.run.size(); ++index) {
    const JobState& state = run.run.state(index);
    if (state.status == Status::failed && !state.warning && results.contains(index)) failed.push_back(index);
  }
  std::sort(failed.begin(), failed.end(),
            [&](size_t a, size_t b) { return results.at(a).ended_at < results.at(b).ended_at; });
  if (failed.size() > kFailuresShown) failed.resize(kFailuresShown);
  std::vector<Failure> failures;
  for (const size_t index : failed) {
    PENSTOCK_TRY(const std::optional<int64_t> attempt, last_attempt_id(project, run, index));
    LogTail tail;
    if (attempt) {
      PENSTOCK_TRY(tail, log_tail(project, run.header.id, *attempt, kTailBytes));
    }
    failures.push_back({run.run.job(index).name, results.at(index), std::move(tail.text), tail.lines});
  }
  return failures;
}

std::string not_reached(const Run& run) {
  std::string failed;
  std::string missed;
  for (const auto& [name, jobs] : jobs_by_stage(run)) {
    const Mark mark = stage_mark(run, jobs);
    if (mark == Mark::failed && failed.empty()) failed = name;
    const bool untouched =
        std::all_of(jobs.begin(), jobs.end(), [&](size_t index) { return run.state(index).status == Status::skipped; });
    if (untouched && !failed.empty()) missed += (missed.empty() ? "" : ", ") + name;
  }
  if (missed.empty()) return {};
  return missed + (missed.find(',') == std::string::npos ? " was" : " were") + " not reached: " + failed + " failed";
}

std::string next_step(const Run& run, Instant now) {
  for (const bool blocking : {true, false}) {
    for (const size_t index : run.manual(blocking)) {
      const Job& job = run.job(index);
      const bool environment = job.environment && !job.environment->name.empty();
      const std::string name = shell_quoted(environment ? job.environment->name : job.name);
      return (environment || blocking ? "approve with: ci approve " : "play it with: ci play ") + name;
    }
  }
  for (size_t index = 0; index < run.size(); ++index) {
    const JobState& state = run.state(index);
    if (has_let_go(state)) return printable(run.job(index).name) + ": " + printable(state.why);
  }
  const std::optional<Instant> due = run.next_due();
  for (size_t index = 0; due && index < run.size(); ++index) {
    const JobState& state = run.state(index);
    if (state.status != Status::scheduled || state.due_at != due) continue;
    return printable(run.job(index).name) + " starts at " + to_start(*due, now) + ": ci watch";
  }
  return {};
}

}  // namespace penstock
