#include <algorithm>
#include <set>
#include <utility>

#include "blobs/tree.h"
#include "runner/collect.h"
#include "runner/job_context.h"

namespace penstock {
namespace {

LinkRule artifact_links(const JobContext& context) { return {false, context.room.project_folder()}; }

void note_packages(JobContext& context, const Tree& tree) {
  std::set<std::string> names;
  for (const TreeEntry& entry : tree) {
    if (entry.kind == TreeEntry::Kind::file && is_package(entry.path))
      names.insert(entry.path.substr(entry.path.rfind('/') + 1));
  }
  for (const std::string& name : names) context.result.packages.push_back(context.log.masked(name));
}

/// Where a path is refused the others are looked through all the same: what is to say of them is said. The Error is
/// the first one's.
Result<> collect(JobContext& context, Collector& collector) {
  const Artifacts& artifacts = context.spec.artifacts;
  Result<> all = success();
  for (const std::string& pattern : artifacts.exclude) PENSTOCK_CHECK(collector.exclude(context.expanded(pattern)));
  for (const std::string& path : artifacts.paths) {
    const std::string pattern = context.expanded(path);
    const Result<size_t> found = collector.add(pattern);
    if (found.ok() && *found == 0) context.note(pattern + ": no matching files");
    if (!found.ok() && all.ok()) all = found.error();
  }
  if (artifacts.untracked && collector.add_listed(untracked_files(context)) == 0) context.note("untracked: no files");
  for (const std::string& note : collector.notes()) context.note(note);
  return all;
}

}  // namespace

bool is_package(std::string_view path) {
  constexpr std::string_view kEndings[] = {".whl", ".deb", ".rpm", ".gem", ".crate", ".nupkg", ".apk", ".jar", ".war"};
  if (std::any_of(std::begin(kEndings), std::end(kEndings),
                  [&](std::string_view ending) { return path.ends_with(ending); }))
    return true;
  const size_t slash = path.rfind('/');
  const std::string_view folder = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  // An sdist is a mere tar by its name: what python's build tools put it into tells.
  return path.ends_with(".tar.gz") && (folder == "dist" || folder.ends_with("/dist"));
}

Result<> restore_inputs(JobContext& context) {
  for (const ArtifactInput& input : context.spec.inputs) {
    const auto failed = [&](const Error& error) {
      return Error{error.fault, "the artifacts of `" + input.job + "` can't be restored: " + error.message, error.help};
    };
    const auto tree = get_tree(context.blobs, input.tree);
    if (!tree.ok()) return failed(tree.error());
    const auto restored = restore_files(context.blobs, context.room.project_fd(), *tree, artifact_links(context));
    if (!restored.ok()) return failed(restored.error());
    context.log.line("artifacts of `" + input.job + "`: " + std::to_string(tree->size()) +
                     (tree->size() == 1 ? " entry" : " entries"));
  }
  return success();
}

Result<> keep_artifacts(JobContext& context, bool passed, Instant now) {
  const Artifacts& artifacts = context.spec.artifacts;
  if (artifacts.paths.empty() && !artifacts.untracked) return success();
  if ((artifacts.when == KeepWhen::on_success && !passed) || (artifacts.when == KeepWhen::on_failure && passed))
    return success();
  Collector collector(context.room.project_fd(), context.room.project_folder(), artifact_links(context));
  PENSTOCK_CHECK(collect(context, collector));
  if (collector.paths().empty()) return success();
  PENSTOCK_TRY(const Tree tree, keep_files(context.blobs, context.room.project_fd(),
                                           {collector.paths().begin(), collector.paths().end()}));
  KeptArtifact kept;
  kept.kind = "archive";
  kept.name = context.log.masked(artifacts.name.empty() ? "artifacts" : context.expanded(artifacts.name));
  for (const TreeEntry& entry : tree) {
    kept.files += entry.kind != TreeEntry::Kind::folder;
    kept.bytes += entry.size;
  }
  PENSTOCK_TRY(kept.tree, put_tree(context.blobs, tree));
  if (artifacts.expire_in) kept.expires_at = now + *artifacts.expire_in;
  context.log.line("kept " + std::to_string(kept.files) + (kept.files == 1 ? " file" : " files") + " as artifacts");
  note_packages(context, tree);
  context.result.artifacts.push_back(std::move(kept));
  return success();
}

}  // namespace penstock
