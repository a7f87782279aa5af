#include <fcntl.h>

#include <string>

#include "base/json_writer.h"
#include "blobs/tree.h"
#include "cli/commands.h"
#include "cli/project.h"
#include "cli/size_words.h"
#include "cli/table.h"
#include "os/files.h"
#include "os/unique_fd.h"

namespace penstock {
namespace {

std::string to_json(const std::vector<ArtifactRecord>& records) {
  std::string text;
  JsonWriter json(text, 2);
  json.begin_array();
  for (const ArtifactRecord& record : records) {
    const KeptArtifact& kept = record.artifact;
    json.begin_object()
        .member("run", record.run)
        .member("job", record.job)
        .member("kind", kept.kind)
        .member("name", kept.name);
    json.member("files", kept.files).member("bytes", kept.bytes).member("digest", "sha256:" + to_hex(kept.tree));
    if (kept.expires_at) json.member("expires_at", to_iso8601(*kept.expires_at));
    json.end_object();
  }
  json.end_array();
  return text + "\n";
}

Result<> list(Project& project, const ArtifactsArguments& arguments, const World& world) {
  PENSTOCK_TRY(const StoredRun run, load_run(project, arguments.run));
  std::string job;
  if (!arguments.job.empty()) {
    PENSTOCK_TRY(const RunJob found, find_job(project, run.header.id, arguments.job));
    job = found.run.run.job(found.index).name;
  }
  PENSTOCK_TRY(const std::vector<ArtifactRecord> records, project.store().artifacts(run.header.id, job));
  const Output& out = world.outputs.out;
  if (arguments.json) {
    out.write(to_json(records));
    return success();
  }
  if (records.empty()) {
    world.outputs.hint("run " + std::to_string(run.header.id) + " kept no artifacts");
    return success();
  }
  Table table({{"JOB", false, true}, {"KIND"}, {"NAME", false, true}, {"FILES", true}, {"SIZE", true}, {"DIGEST"}});
  for (const ArtifactRecord& record : records) {
    table.add({record.job, record.artifact.kind, record.artifact.name, std::to_string(record.artifact.files),
               size_words(record.artifact.bytes), to_hex(record.artifact.tree).substr(0, 12)});
  }
  out.write(table.render(out.style, out.width()));
  return success();
}

Result<> get(Project& project, const ArtifactsArguments& arguments, const World& world) {
  PENSTOCK_TRY(const RunJob found, find_job(project, arguments.run, arguments.job));
  PENSTOCK_TRY(const std::optional<int64_t> attempt, last_attempt_id(project, found.run, found.index));
  PENSTOCK_TRY(const std::vector<ArtifactRecord> records,
               project.store().artifacts(found.run.header.id, found.run.run.job(found.index).name));
  PENSTOCK_TRY(const std::unique_ptr<BlobStore> blobs, project.open_blobs());
  const std::filesystem::path target = world.folder / arguments.path;
  PENSTOCK_CHECK(os::ensure_folder(target));
  const os::UniqueFd folder(open(target.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  uint64_t files = 0;
  for (const ArtifactRecord& record : records) {
    if (record.artifact.kind != "archive" || record.attempt_id != attempt) continue;
    PENSTOCK_TRY(const Tree tree, get_tree(*blobs, record.artifact.tree));
    PENSTOCK_CHECK(restore_files(*blobs, folder.get(), tree));
    files += record.artifact.files;
  }
  if (files == 0) {
    return Error{Fault::user, "`" + arguments.job + "` kept no artifacts in run " + std::to_string(found.run.header.id),
                 "list them with: ci artifacts ls"};
  }
  world.outputs.out.write(std::to_string(files) + (files == 1 ? " file in " : " files in ") +
                          target.lexically_normal().string() + "\n");
  return success();
}

}  // namespace

int execute(const ArtifactsArguments& arguments, World& world) {
  auto project = open_project(world);
  if (!project) return world.fail(project.error());
  const auto done = arguments.verb == ArtifactsArguments::Verb::get ? get(*project, arguments, world)
                                                                    : list(*project, arguments, world);
  return done ? kPassed : world.fail(done.error());
}

}  // namespace penstock
