#include <string>

#include "cli/commands.h"
#include "cli/failure_report.h"
#include "cli/project.h"

namespace penstock {
namespace {

constexpr size_t kPiece = size_t{256} << 10;

/// Prints from `offset` to what is there now; returns the new offset.
Result<uint64_t> copy(LogReader& reader, uint64_t offset, const Output& out) {
  for (;;) {
    PENSTOCK_TRY(const std::string piece, reader.read(offset, kPiece));
    if (piece.empty()) return offset;
    out.write(piece);
    offset += piece.size();
  }
}

/// The attempt that was asked for; an Error that says what there is.
Result<int64_t> attempt_of(Project& project, const LogArguments& arguments, const RunJob& found) {
  const int64_t run = found.run.header.id;
  const std::string& job = found.run.run.job(found.index).name;
  PENSTOCK_TRY(const std::vector<AttemptRecord> attempts, project.store().attempts(run, job));
  if (attempts.empty()) {
    return Error{Fault::user, "`" + arguments.job + "` has not run in run " + std::to_string(run),
                 "see why with: ci why " + shell_quoted(arguments.job)};
  }
  if (arguments.attempt == 0) return attempts.back().id;
  for (const AttemptRecord& attempt : attempts) {
    if (attempt.attempt == arguments.attempt) return attempt.id;
  }
  return Error{
      Fault::user,
      "`" + arguments.job + "` has no attempt " + std::to_string(arguments.attempt) + " in run " + std::to_string(run),
      "its last one is " + std::to_string(attempts.back().attempt)};
}

Result<> print_log(Project& project, const LogArguments& arguments, const Output& out) {
  PENSTOCK_TRY(const RunJob found, find_job(project, arguments.run, arguments.job));
  PENSTOCK_TRY(const int64_t attempt, attempt_of(project, arguments, found));
  PENSTOCK_TRY(const std::unique_ptr<LogReader> reader, project.records.logs->open(found.run.header.id, attempt));
  PENSTOCK_TRY(uint64_t offset, copy(*reader, 0, out));
  while (arguments.follow) {
    PENSTOCK_TRY(const bool grown, reader->wait(offset, -1));
    PENSTOCK_TRY(offset, copy(*reader, offset, out));
    if (!grown) break;
  }
  return success();
}

}  // namespace

int execute(const LogArguments& arguments, World& world) {
  auto project = open_project(world);
  if (!project) return world.fail(project.error());
  const auto printed = print_log(*project, arguments, world.outputs.out);
  return printed ? kPassed : world.fail(printed.error());
}

}  // namespace penstock
