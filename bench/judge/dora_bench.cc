#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "os/files.h"
#include "os/process.h"
#include "store/state_folder.h"

// `ci dora` as a person runs it, the whole process, over a made history: 100,000 deployments of one environment in a
// real repository, with one to three commits each, and incidents. By each definition over all of the time, and again
// after each of a few deployments more, whose entries are read and kept in turn; and as many by jobs. Exit status 1
// above 100 ms, by the medians. The first `ci dora` of all, which reads the whole journal, is shown without a limit.
namespace {

using namespace penstock;
namespace fs = std::filesystem;

constexpr int kDeployments = 100'000;
constexpr int kRounds = 15;
constexpr double kMostMilliseconds = 100;
constexpr const char* kEnvironment = "production";
constexpr const char* kOfJobs = "pages";

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "dora_bench: %s\n", what.c_str());
  std::exit(3);
}

os::RunResult run(const std::vector<std::string>& command, const fs::path& folder) {
  os::RunOptions options;
  options.folder = folder;
  auto result = os::run(command, options);
  if (!result) give_up(result.error().message);
  if (!result->status.ok()) give_up(command.front() + " " + command[1] + ": " + result->errors);
  return *std::move(result);
}

struct MadeCommit {
  std::string id;
  Instant at;
};

/// A line of commits, one to three hours apart in pairs of minutes; their ids in order.
std::vector<MadeCommit> make_repository(const fs::path& folder, int commits, Instant from) {
  std::vector<MadeCommit> made(static_cast<size_t>(commits));
  fs::create_directories(folder);
  run({"git", "init", "--quiet", "--initial-branch=main"}, folder);
  std::ofstream stream(folder / "stream");
  Instant at = from;
  for (int i = 1; i <= commits; ++i, at += std::chrono::minutes(7)) {
    made[static_cast<size_t>(i) - 1].at = at;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
    stream << "commit refs/heads/main\nmark :" << i << "\ncommitter A <a@b> " << seconds << " +0000\ndata 1\nx\n";
    if (i > 1) continue;
    const std::string declared = std::string(kEnvironment) +
                                 ":\n  target: commands\n  commands: {start: 'true', stop: 'true', check: 'true'}\n"
                                 "  folder: /nowhere\n";
    stream << "M 100644 inline .ci/environments.yml\ndata " << declared.size() << "\n" << declared << "\n";
  }
  stream.close();
  run({"sh", "-c", "git fast-import --quiet --export-marks=marks < stream && git reset --quiet --hard"}, folder);
  std::ifstream marks(folder / "marks");
  for (std::string line; std::getline(marks, line);) {
    const size_t space = line.find(' ');
    made[std::stoul(line.substr(1)) - 1].id = line.substr(space + 1);
  }
  return made;
}

/// Writes journal entries as rollouts do.
class JournalMaker {
 public:
  JournalMaker(std::vector<MadeCommit> commits) : commits_(std::move(commits)) {}

  /// The entries of the next deployment.
  std::vector<JournalEntry> next() {
    entries_.clear();
    commit_ = std::min(commit_ + random_() % 3 + (random_() % 10 == 0 ? 0 : 1), commits_.size() - 1);
    entry_.release = commits_[commit_].id + "0123456789abcdef01234567";
    entry_.name = "app-" + std::to_string(commit_);
    entry_.commit = commits_[commit_].id;
    entry_.committed_at = commits_[commit_].at;
    entry_.configuration = std::string(64, 'c');
    entry_.by = {"Ana", "ana@example.com", false};
    entry_.rollout = std::to_string(++rollout_) + "@bench";
    entry_.at = std::max(entry_.at, entry_.committed_at);
    add(JournalEntry::What::started);
    add(JournalEntry::What::promoted);
    if (random_() % 30 == 0) add(JournalEntry::What::taken_back);
    if (random_() % 50 == 0) add(JournalEntry::What::incident_opened);
    if (random_() % 50 == 0) add(JournalEntry::What::incident_closed);
    entry_.previous = entry_.release;
    return entries_;
  }

 private:
  void add(JournalEntry::What what) {
    entry_.number += 1;
    entry_.at += Duration(random_() % 300'000);
    entry_.what = what;
    entries_.push_back(entry_);
  }

  std::mt19937 random_{4};
  std::vector<MadeCommit> commits_;
  size_t commit_ = 0;
  int rollout_ = 0;
  JournalEntry entry_;
  std::vector<JournalEntry> entries_;
};

/// As many deployments by jobs to an environment without a journal, two of each commit.
void deploy_by_jobs(SqliteStore& store, const std::vector<MadeCommit>& commits) {
  NewRun fresh;
  fresh.plan = std::make_shared<const Plan>();
  const auto run = store.create(fresh);
  if (!run) give_up(run.error().message);
  Transition transition;
  transition.run = run->header.id;
  transition.record = run->run.record();
  for (int i = 0; i < kDeployments; ++i) {
    const MadeCommit& commit = commits[static_cast<size_t>(i) / 2];
    EnvironmentRecord record;
    record.environment = kOfJobs;
    record.action = "start";
    record.run = run->header.id;
    record.attempt_id = i + 1;
    record.job = "deploy";
    record.commit = commit.id;
    record.at = commit.at + std::chrono::minutes(1 + i % 2);
    record.by = {"Ana", "ana@example.com", false};
    record.passed = true;
    transition.environments.push_back(std::move(record));
  }
  const auto committed = store.commit(transition);
  if (!committed) give_up(committed.error().message);
}

double milliseconds(const std::vector<std::string>& command, const fs::path& folder) {
  const auto start = std::chrono::steady_clock::now();
  const os::RunResult result = run(command, folder);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  if (result.output.find("\"deployments_a_day\"") == std::string::npos) give_up("no figures: " + result.output);
  return took.count();
}

bool show(const char* what, std::vector<double> taken) {
  std::sort(taken.begin(), taken.end());
  const double median = taken[taken.size() / 2];
  const bool met = median <= kMostMilliseconds;
  std::printf("ci dora, %d deployments, %-34s %7.1f ms (worst %.1f)   limit: at most 100 ms   %s\n", kDeployments, what,
              median, taken.back(), met ? "met" : "NOT MET");
  return met;
}

}  // namespace

int main(int count, char** words) {
  const std::string ci = count > 1 ? words[1] : PENSTOCK_CI;
  const auto scratch = os::TempFolder::make();
  if (!scratch) give_up(scratch.error().message);
  const fs::path folder = scratch->path() / "project";
  const Instant from = std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);
  const std::vector<MadeCommit> commits = make_repository(folder, 2 * kDeployments, from);
  JournalMaker maker(commits);
  const fs::path state = folder / ".git" / "penstock";
  fs::create_directories(state);
  auto records = open_state_folder(state);
  if (!records) give_up(records.error().message);
  std::vector<JournalEntry> entries;
  for (int i = 0; i < kDeployments; ++i) {
    for (JournalEntry& entry : maker.next()) entries.push_back(std::move(entry));
  }
  if (!records->store->keep_entries(kEnvironment, entries)) give_up("the entries can't be kept");
  const std::string since = "--since=2024-01-01";
  std::printf("ci dora, %d deployments, %-34s %7.1f ms\n", kDeployments, "for the first time",
              milliseconds({ci, "dora", "--json", since}, folder));
  bool met = true;
  for (const char* definition : {"gitlab", "fourkeys", "dora2026"}) {
    std::vector<double> taken;
    for (int round = 0; round < kRounds; ++round)
      taken.push_back(milliseconds({ci, "dora", "--json", since, "--definition", definition}, folder));
    met = show(definition, std::move(taken)) && met;
  }
  std::vector<double> taken;
  for (int round = 0; round < kRounds; ++round) {
    if (!records->store->keep_entries(kEnvironment, maker.next())) give_up("the entries can't be kept");
    taken.push_back(milliseconds({ci, "dora", "--json", since}, folder));
  }
  met = show("after one more", std::move(taken)) && met;
  deploy_by_jobs(*records->store, commits);
  const std::vector<std::string> of_jobs = {ci, "dora", "--json", since, "--environment", kOfJobs};
  std::printf("ci dora, %d deployments, %-34s %7.1f ms\n", kDeployments, "by jobs, for the first time",
              milliseconds(of_jobs, folder));
  taken.clear();
  for (int round = 0; round < kRounds; ++round) taken.push_back(milliseconds(of_jobs, folder));
  met = show("by jobs", std::move(taken)) && met;
  return met ? 0 : 1;
}
