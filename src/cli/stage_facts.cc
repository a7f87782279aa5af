#include "cli/stage_facts.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/text_width.h"
#include "cli/when.h"
#include "coordinator/summary.h"

namespace penstock {
namespace {

bool in(Status status, std::initializer_list<Status> statuses) {
  return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

bool is_active(Status status) {
  return in(status, {Status::pending, Status::running, Status::canceling, Status::waiting_for_resource});
}

bool deploys(const Job& job) { return job.environment && job.environment->action == "start"; }

/// A job that checks what another has deployed: `environment: action: verify`, or one that is called a smoke test.
bool is_smoke_test(const Job& job) {
  if (job.environment && job.environment->action == "verify") return true;
  std::string name = job.name;
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name.find("smoke") != std::string::npos;
}

/// A manual job that is a gate to a person: it deploys, or it holds the run up.
bool wants_approval(const Job& job) {
  return job.gate.kind == Gate::Kind::manual && (deploys(job) || !job.allow_failure.always);
}

std::string plural(size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

void append(std::string& list, const std::string& item) {
  if (item.empty()) return;
  if (!list.empty()) list += ", ";
  list += item;
}

/// The jobs of a stage, sorted by what their status means for its line.
struct Tally {
  std::vector<size_t> failed, warned, passed, canceled, skipped, manual, scheduled, active, created;
};

Tally tally(const Run& run, const std::vector<size_t>& jobs) {
  Tally result;
  for (const size_t index : jobs) {
    const JobState& state = run.state(index);
    if (is_active(state.status)) result.active.push_back(index);
    if (state.status == Status::created) result.created.push_back(index);
    if (state.status == Status::manual) result.manual.push_back(index);
    if (state.status == Status::scheduled) result.scheduled.push_back(index);
    if (state.status == Status::skipped) result.skipped.push_back(index);
    if (state.status == Status::success) result.passed.push_back(index);
    if (!in(state.status, {Status::failed, Status::canceled})) continue;
    (state.warning ? result.warned : state.status == Status::failed ? result.failed : result.canceled).push_back(index);
  }
  return result;
}

struct Tests {
  uint64_t passed = 0, failed = 0, skipped = 0;
  bool any = false;
};

Tests add_up(const std::vector<size_t>& jobs, const JobResults& results) {
  Tests sum;
  for (const size_t index : jobs) {
    const auto found = results.find(index);
    if (found == results.end() || !found->second.tests) continue;
    const TestSummary& tests = *found->second.tests;
    sum.any = true;
    sum.passed += tests.passed;
    sum.failed += tests.failed + tests.errors;
    sum.skipped += tests.skipped;
  }
  return sum;
}

std::string tests_text(const Tests& tests) {
  std::string text;
  if (!tests.any) return text;
  if (tests.failed > 0) append(text, std::to_string(tests.failed) + " failed");
  append(text, std::to_string(tests.passed) + " passed");
  if (tests.skipped > 0) append(text, std::to_string(tests.skipped) + " skipped");
  return text;
}

std::string packages_text(const std::vector<size_t>& jobs, const JobResults& results) {
  std::set<std::string> labels;
  for (const size_t index : jobs) {
    const auto found = results.find(index);
    if (found == results.end()) continue;
    for (const std::string& package : found->second.packages) labels.insert(package_label(package));
  }
  std::string text;
  for (const std::string& label : labels) append(text, label);
  return text.empty() ? text : "packaged " + text;
}

std::string deployment_text(const Run& run, const std::vector<size_t>& passed) {
  const auto is = [&](auto predicate) {
    return std::any_of(passed.begin(), passed.end(), [&](size_t index) { return predicate(run.job(index)); });
  };
  std::string text;
  if (is(deploys)) append(text, "deployed");
  if (is(is_smoke_test)) append(text, "smoke tests green");
  return text;
}

std::string names(const Run& run, const std::vector<size_t>& jobs) {
  std::string text;
  for (size_t i = 0; i < jobs.size() && i < 2; ++i) append(text, printable(run.job(jobs[i]).name));
  if (jobs.size() > 2) text += " and " + std::to_string(jobs.size() - 2) + " more";
  return text;
}

std::string failure_text(const Run& run, const Tally& sorted, const std::vector<size_t>& jobs,
                         const JobResults& results) {
  for (const size_t index : sorted.failed) {
    const auto& outcome = run.state(index).outcome;
    if (outcome && outcome->reason == EndReason::rejected) return "rejected";
  }
  if (const Tests tests = add_up(jobs, results); tests.any && tests.failed > 0) return tests_text(tests);
  return names(run, sorted.failed) + " failed";
}

std::string passed_text(const Run& run, const Tally& sorted, const std::vector<size_t>& jobs,
                        const JobResults& results) {
  std::string text;
  append(text, packages_text(jobs, results));
  append(text, tests_text(add_up(jobs, results)));
  append(text, deployment_text(run, sorted.passed));
  if (text.empty() && !sorted.passed.empty()) {
    text = sorted.passed.size() == 1 ? "passed" : plural(sorted.passed.size(), "job") + " passed";
  }
  if (!sorted.warned.empty()) append(text, names(run, sorted.warned) + " failed (allowed)");
  return text;
}

std::string gate_text(const Run& run, const Tally& sorted) {
  const auto gate = [&](size_t index) { return wants_approval(run.job(index)); };
  if (std::any_of(sorted.manual.begin(), sorted.manual.end(), gate)) return "waiting for approval";
  if (!sorted.manual.empty()) return plural(sorted.manual.size(), "manual job") + " left";
  return {};
}

/// `starts at 14:35 (in 30m)`, with the job's name where others have passed or several are to come.
std::string delayed_text(const Run& run, const Tally& sorted, size_t jobs, Instant now) {
  if (sorted.scheduled.empty()) return {};
  const auto due = [&](size_t index) { return run.state(index).due_at.value_or(now); };
  const size_t first = *std::min_element(sorted.scheduled.begin(), sorted.scheduled.end(),
                                         [&](size_t a, size_t b) { return due(a) < due(b); });
  std::string text = jobs > 1 ? printable(run.job(first).name) + " " : std::string();
  text += (due(first) > now ? "starts at " : "is due since ") + to_start(due(first), now);
  if (sorted.scheduled.size() > 1) text += " and " + std::to_string(sorted.scheduled.size() - 1) + " more later";
  return text;
}

/// What jobs wait for that have let go: `rollout 12 waits for the freeze "weekend" to end`.
std::string watched_text(const Run& run, const Tally& sorted) {
  std::string text;
  for (const size_t index : sorted.active) {
    if (has_let_go(run.state(index))) append(text, printable(run.state(index).why));
  }
  return text;
}

bool will_wait(const Run& run, const std::vector<size_t>& jobs) {
  return std::any_of(jobs.begin(), jobs.end(), [&](size_t index) {
    return run.state(index).status == Status::created && wants_approval(run.job(index));
  });
}

}  // namespace

std::string stage_facts(const Run& run, const std::vector<size_t>& jobs, const JobResults& results, Instant now) {
  const Tally sorted = tally(run, jobs);
  const size_t ended = sorted.passed.size() + sorted.failed.size() + sorted.warned.size() + sorted.canceled.size();
  if (std::string text = watched_text(run, sorted); !text.empty()) return text;
  if (!sorted.active.empty()) {
    return jobs.size() == 1 ? std::string() : std::to_string(ended) + " of " + plural(jobs.size(), "job");
  }
  if (!sorted.failed.empty()) return failure_text(run, sorted, jobs, results);
  if (!sorted.canceled.empty()) return names(run, sorted.canceled) + " canceled";
  std::string text = passed_text(run, sorted, jobs, results);
  append(text, gate_text(run, sorted));
  append(text, delayed_text(run, sorted, jobs.size(), now));
  if (!text.empty()) return text;
  if (sorted.skipped.size() == jobs.size()) return "not reached";
  return will_wait(run, jobs) ? "will wait for approval" : std::string();
}

Mark mark_of(Status status) {
  switch (status) {
    case Status::success:
      return Mark::passed;
    case Status::failed:
      return Mark::failed;
    case Status::canceled:
      return Mark::canceled;
    case Status::skipped:
      return Mark::skipped;
    case Status::manual:
      return Mark::person;
    case Status::running:
    case Status::canceling:
      return Mark::running;
    default:
      return Mark::waiting;
  }
}

Mark job_mark(const Run& run, size_t index) {
  const JobState& state = run.state(index);
  const bool allowed = state.warning && in(state.status, {Status::failed, Status::canceled});
  return allowed ? Mark::warning : mark_of(state.status);
}

Mark stage_mark(const Run& run, const std::vector<size_t>& jobs) {
  const Tally sorted = tally(run, jobs);
  if (!sorted.failed.empty()) return Mark::failed;
  if (!sorted.active.empty()) return Mark::running;
  if (!sorted.canceled.empty()) return Mark::canceled;
  const auto blocks = [&](size_t index) { return wants_approval(run.job(index)); };
  const bool gate = std::any_of(sorted.manual.begin(), sorted.manual.end(), blocks);
  if (gate || will_wait(run, jobs)) return Mark::person;
  if (!sorted.scheduled.empty() || !sorted.created.empty()) return Mark::waiting;
  if (!sorted.warned.empty()) return Mark::warning;
  if (!sorted.passed.empty()) return Mark::passed;
  return sorted.manual.empty() ? Mark::skipped : Mark::person;
}

std::string package_label(std::string_view file_name) {
  if (file_name.ends_with(".whl")) {
    const size_t name_end = file_name.find('-');
    const size_t version_end = name_end == std::string_view::npos ? name_end : file_name.find('-', name_end + 1);
    if (version_end != std::string_view::npos) return std::string(file_name.substr(0, version_end));
  }
  for (const std::string_view ending : {".tar.gz", ".tar.bz2", ".zip", ".whl"}) {
    if (file_name.ends_with(ending)) return std::string(file_name.substr(0, file_name.size() - ending.size()));
  }
  return std::string(file_name);
}

}  // namespace penstock
