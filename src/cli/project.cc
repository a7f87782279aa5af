#include "cli/project.h"

#include <algorithm>

#include "base/suggest.h"
#include "blobs/folder_blob_store.h"
#include "cli/arguments.h"
#include "intake/intake.h"
#include "os/files.h"
#include "os/machine.h"
#include "workspace/folders.h"

namespace penstock {
namespace {

constexpr size_t kRunsSearched = 50;
constexpr size_t kLogPiece = size_t{256} << 10;

/// The job of that name, or the only instance of the matrix that was written under it.
std::optional<size_t> index_of(const Run& run, const std::string& name) {
  if (const auto index = run.index_of(name)) return index;
  std::optional<size_t> found;
  for (size_t i = 0; i < run.size(); ++i) {
    if (run.job(i).group != name) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

Error unknown_job(const StoredRun& stored, const std::string& name) {
  const Run& run = stored.run;
  Error error{Fault::user, "run " + std::to_string(stored.header.id) + " has no job `" + name + "`",
              "see its jobs with: ci show " + std::to_string(stored.header.id)};
  std::vector<std::string_view> names;
  std::string instances;
  for (size_t i = 0; i < run.size(); ++i) {
    names.emplace_back(run.job(i).name);
    if (run.job(i).group == name) instances += (instances.empty() ? "" : ", ") + ("`" + run.job(i).name + "`");
  }
  if (!instances.empty())
    return {Fault::user, "`" + name + "` stands for several jobs of run " + std::to_string(stored.header.id),
            "name one of " + instances};
  if (const auto near = did_you_mean(name, names)) error.help = "did you mean `" + *near + "`?";
  return error;
}

}  // namespace

Result<std::unique_ptr<BlobStore>> Project::open_blobs() const { return open_folder_blob_store(state / "blobs"); }

Result<Project> open_project(const World& world, const PipelineChoice* to_compile) {
  PENSTOCK_TRY(Project project, find_project(world, to_compile));
  PENSTOCK_CHECK(open_records(project));
  return project;
}

Result<Project> find_project(const World& world, const PipelineChoice* to_compile) {
  PENSTOCK_TRY(git::Repository repository, git::Repository::open(world.folder));
  if (repository.top_level().empty()) {
    return Error{Fault::user, repository.git_folder().string() + " is a bare repository: there is no project to run",
                 "use a clone with a work tree"};
  }
  if (to_compile != nullptr) expect_pipeline(repository, to_compile->pipeline, to_compile->worktree);
  PENSTOCK_TRY(std::filesystem::path state, workspace::state_folder(repository));
  PENSTOCK_CHECK(os::ensure_folder(state, 0700));
  repository.keep_config_in(state / "git-config");
  return Project{std::move(repository), std::move(state), {}};
}

Result<> open_records(Project& project) {
  PENSTOCK_TRY(project.records, open_state_folder(project.state));
  return success();
}

Result<Sealer> open_sealer() { return Sealer::open(os::xdg_folder("XDG_CONFIG_HOME", ".config") / "penstock/key"); }

Result<StoredRun> load_run(Project& project, int64_t run) {
  if (run != 0) return project.store().load(run);
  PENSTOCK_TRY(const std::optional<RunHeader> newest, project.store().newest());
  if (!newest) return Error{Fault::user, "there is no run of this repository yet", "start one with: ci run"};
  return project.store().load(newest->id);
}

Result<RunJob> find_job(Project& project, int64_t run, const std::string& name) {
  PENSTOCK_TRY(StoredRun newest, load_run(project, run));
  if (const auto index = index_of(newest.run, name)) return RunJob{std::move(newest), *index};
  if (run == 0) {
    PENSTOCK_TRY(const std::vector<RunHeader> records, project.store().list(kRunsSearched, newest.header.id));
    for (const RunHeader& record : records) {
      PENSTOCK_TRY(StoredRun older, project.store().load(record.id));
      if (const auto index = index_of(older.run, name)) return RunJob{std::move(older), *index};
    }
  }
  return unknown_job(newest, name);
}

Result<JobResults> results_of(Project& project, const StoredRun& run) {
  PENSTOCK_TRY(std::vector<AttemptRecord> attempts, project.store().attempts(run.header.id));
  JobResults results;
  for (AttemptRecord& attempt : attempts) {
    const auto index = run.run.index_of(attempt.job);
    if (index && attempt.result) results.insert_or_assign(*index, std::move(*attempt.result));
  }
  return results;
}

Result<std::optional<int64_t>> last_attempt_id(Project& project, const StoredRun& run, size_t index) {
  PENSTOCK_TRY(const std::optional<AttemptRecord> attempt,
               project.store().last_attempt(run.header.id, run.run.job(index).name));
  return attempt ? std::optional<int64_t>(attempt->id) : std::nullopt;
}

bool is_interrupted(Project& project, const RunHeader& run) {
  if (run.summary.ended_at || run.summary.parked) return false;
  const auto driven = project.records.leases->is_driven(run.id);
  return driven.ok() && !*driven;
}

Result<LogTail> log_tail(Project& project, int64_t run, int64_t attempt_id, size_t limit) {
  PENSTOCK_TRY(const std::unique_ptr<LogReader> reader, project.records.logs->open(run, attempt_id));
  LogTail tail;
  for (uint64_t offset = 0;;) {
    PENSTOCK_TRY(const std::string piece, reader->read(offset, kLogPiece));
    if (piece.empty()) break;
    offset += piece.size();
    tail.lines += static_cast<uint64_t>(std::count(piece.begin(), piece.end(), '\n'));
    tail.text += piece;
    if (tail.text.size() > 2 * limit) tail.text.erase(0, tail.text.size() - limit);
  }
  if (tail.text.size() <= limit) return tail;
  tail.text.erase(0, tail.text.size() - limit);
  tail.text.erase(0, tail.text.find('\n') + 1);  // a line that was cut is not shown
  return tail;
}

}  // namespace penstock
