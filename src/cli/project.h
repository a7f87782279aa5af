#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "blobs/blob_store.h"
#include "cli/stage_facts.h"
#include "cli/world.h"
#include "git/repository.h"
#include "secrets/sealer.h"
#include "store/records.h"
#include "store/sqlite_store.h"
#include "store/state_folder.h"

namespace penstock {

struct PipelineChoice;

/// The repository that a command works on, with all that Penstock keeps of it.
struct Project {
  git::Repository repository;
  std::filesystem::path state;
  StateFolder records;

  [[nodiscard]] SqliteStore& store() { return *records.store; }
  [[nodiscard]] std::filesystem::path secrets_file() const { return state / "secrets.json"; }
  Result<std::unique_ptr<BlobStore>> open_blobs() const;
};

/// The one that the world's folder lies in; an error with what to do where there is none. Of the pipeline that will be
/// compiled next, if any, git is asked for the sources while the rest is opened.
Result<Project> open_project(const World& world, const PipelineChoice* to_compile = nullptr);
/// In two steps, for who has something to begin before the records are opened: until the second, `records` is empty.
Result<Project> find_project(const World& world, const PipelineChoice* to_compile = nullptr);
Result<> open_records(Project& project);

/// The user's sealing key, made where there is none.
Result<Sealer> open_sealer();

/// A run by its number, or the newest one for 0. Where there is none yet, the error says how to start one.
Result<StoredRun> load_run(Project& project, int64_t run);

/// A job of a run.
struct RunJob {
  StoredRun run;
  size_t index = 0;
};
/// What a name (a job's, or the one that a matrix was written under where it has a single instance) means in a run; for
/// run 0 the newest run that has such a job. Unknown names get a suggestion. A job that was left out by its rules is
/// named as such.
Result<RunJob> find_job(Project& project, int64_t run, const std::string& name);

/// The results of each job's last attempt that has one.
Result<JobResults> results_of(Project& project, const StoredRun& run);

/// The id of the attempt of a job that began last.
Result<std::optional<int64_t>> last_attempt_id(Project& project, const StoredRun& run, size_t index);

/// Whether a run neither ended nor waits for anything, and nobody drives it: its `ci` was killed.
bool is_interrupted(Project& project, const RunHeader& run);

/// The end of an attempt's log (at most `limit` bytes) and how many lines the whole has.
struct LogTail {
  std::string text;
  uint64_t lines = 0;
};
Result<LogTail> log_tail(Project& project, int64_t run, int64_t attempt_id, size_t limit);

}  // namespace penstock
