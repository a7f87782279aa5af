#include <utility>

#include "base/text_width.h"
#include "blobs/tree.h"
#include "runner/collect.h"
#include "runner/coverage.h"
#include "runner/dotenv.h"
#include "runner/job_context.h"
#include "runner/junit.h"
#include "runner/room_files.h"

namespace penstock {
namespace {

constexpr uint64_t kLargestJunit = uint64_t{30} << 20;  // GitLab's limit
constexpr uint64_t kLargestCoverage = uint64_t{100} << 20;
constexpr uint64_t kLargestDotenv = uint64_t{1} << 20;

/// Masks what a test printed before it goes into the result.
void mask(const JobLog& log, TestSummary& tests) {
  for (FailedTest& failure : tests.failures) {
    failure.name = log.masked(failure.name);
    failure.file = log.masked(failure.file);
    failure.message = log.masked(failure.message);
    failure.details = log.masked(failure.details);
  }
}

void read_junit_files(JobContext& context, const std::vector<std::string>& files) {
  const int root = context.room.project_fd();
  TestSummary tests;
  size_t read = 0;
  for (const std::string& file : files) {
    const auto exists = [&](const std::string& path) { return exists_beneath(root, path); };
    const auto added = read_junit(pieces_of(root, file, kLargestJunit), exists, tests);
    if (added.ok()) ++read;
    if (!added.ok()) context.note("JUnit report `" + printable(file) + "` can't be read: " + added.error().message);
  }
  if (read == 0) return;
  mask(context.log, tests);
  context.result.tests = std::move(tests);
}

Result<> read_dotenv_files(JobContext& context, const std::vector<std::string>& files) {
  std::string all;
  for (const std::string& file : files) {
    PENSTOCK_TRY(const std::string text, read_beneath(context.room.project_fd(), file, kLargestDotenv));
    all += text;
  }
  PENSTOCK_TRY(context.result.dotenv, parse_dotenv(all, files.front()));
  for (Variable& variable : context.result.dotenv) variable.value = context.log.masked(variable.value);
  return success();
}

void read_coverage_files(JobContext& context, const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    const auto percent = read_coverage_report(pieces_of(context.room.project_fd(), file, kLargestCoverage));
    if (!percent.ok())
      context.note("coverage report `" + printable(file) + "` can't be read: " + percent.error().message);
    // What `coverage:` finds in the log, it finds because somebody asked for it.
    if (percent.ok() && *percent && !context.result.coverage) context.result.coverage = **percent;
  }
}

/// Files alone: a folder that a pattern names has no report of its own.
std::vector<std::string> regular_files(const JobContext& context, const Collector& collector) {
  std::vector<std::string> files;
  for (const std::string& path : collector.paths()) {
    if (exists_beneath(context.room.project_fd(), path)) files.push_back(path);
  }
  return files;
}

Result<> keep_report(JobContext& context, const std::string& kind, const std::vector<std::string>& paths, Instant now) {
  Collector collector(context.room.project_fd(), context.room.project_folder(),
                      LinkRule{false, context.room.project_folder()});
  for (const std::string& path : paths) {
    const std::string pattern = context.expanded(path);
    PENSTOCK_TRY(const size_t found, collector.add(pattern));
    if (found == 0) context.note(pattern + ": no matching files for the report " + kind);
  }
  const std::vector<std::string> files = regular_files(context, collector);
  if (files.empty()) return success();
  PENSTOCK_TRY(const Tree tree, keep_files(context.blobs, context.room.project_fd(), files));
  KeptArtifact kept;
  kept.kind = kept.name = kind;
  kept.files = tree.size();
  for (const TreeEntry& entry : tree) kept.bytes += entry.size;
  PENSTOCK_TRY(kept.tree, put_tree(context.blobs, tree));
  if (context.spec.artifacts.expire_in) kept.expires_at = now + *context.spec.artifacts.expire_in;
  context.result.artifacts.push_back(std::move(kept));

  if (kind == "junit") read_junit_files(context, files);
  if (kind == "coverage_report") read_coverage_files(context, files);
  if (kind == "dotenv") return read_dotenv_files(context, files);
  return success();
}

}  // namespace

Result<> keep_reports(JobContext& context, Instant now) {
  const Artifacts& artifacts = context.spec.artifacts;
  // Every report is looked at, though one of them fails the job.
  Result<> outcome = success();
  const auto keep = [&](const std::string& kind, const std::vector<std::string>& paths) {
    auto kept = keep_report(context, kind, paths, now);
    if (!kept.ok() && outcome.ok()) outcome = std::move(kept);
  };
  for (const auto& [kind, paths] : artifacts.reports) keep(kind, paths);
  if (artifacts.coverage_report) keep("coverage_report", {artifacts.coverage_report->path});
  return outcome;
}

}  // namespace penstock
