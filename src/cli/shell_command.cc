#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "base/text_width.h"
#include "cli/commands.h"
#include "cli/failure_report.h"
#include "cli/project.h"
#include "cli/run_machine.h"
#include "cli/step_in.h"
#include "coordinator/lower.h"
#include "coordinator/outputs.h"
#include "os/files.h"
#include "os/signals.h"
#include "runner/cancel.h"
#include "runner/runner.h"

namespace penstock {
namespace {

constexpr size_t kLongestInput = size_t{64} << 20;

/// What the job's last attempt was given, made again from what is stored; for a job that hasn't run, what it would be
/// given now.
Result<JobSpec> spec_of(Project& project, const RunJob& found, const std::optional<AttemptRecord>& attempt) {
  const Run& run = found.run.run;
  const RunHeader& header = found.run.header;
  PENSTOCK_TRY(const JobResults results, results_of(project, found.run));
  RunOutputs outputs(run);
  for (const auto& [job, result] : results) outputs.keep(run, job, result);
  const int64_t id = attempt ? attempt->id : 0;
  return lower({header, run.plan(), run.job(found.index), attempt ? attempt->attempt : 1, id,
                project.records.logs->address(header.id, id), outputs.inputs_of(run, found.index)});
}

std::string which_room(const RunJob& found, const std::optional<AttemptRecord>& attempt, bool as_it_was) {
  const std::string name = "`" + printable(found.run.run.job(found.index).name) + "`";
  const std::string run = "run " + std::to_string(found.run.header.id);
  if (as_it_was) return "the room of " + name + " as it was when it failed in " + run;
  std::string why = "what its last attempt left in " + run + " is not kept";
  if (!attempt) why = "it has not run in " + run;
  if (attempt && !attempt->result) why = "its last attempt in " + run + " has not ended";
  if (attempt && attempt->result && attempt->result->outcome.reason == EndReason::passed) why = "it passed in " + run;
  return "a fresh room for " + name + ": " + why;
}

/// Ends the shell when somebody ends us.
class EndOnSignal {
 public:
  EndOnSignal(os::SignalQueue& signals, Cancel& cancel) : done_(::eventfd(0, EFD_CLOEXEC)) {
    thread_ = std::thread([this, &signals, &cancel] {
      pollfd ends[] = {{signals.fd(), POLLIN, 0}, {done_.get(), POLLIN, 0}};
      while (::poll(ends, 2, -1) < 0) {
      }
      if (const auto signal = signals.next()) {
        signal_ = *signal;
        cancel.request(Cancel::Level::kill);
      }
    });
  }
  ~EndOnSignal() { stop(); }
  EndOnSignal(const EndOnSignal&) = delete;
  EndOnSignal& operator=(const EndOnSignal&) = delete;

  /// The signal that came, or 0.
  int stop() {
    const uint64_t one = 1;
    (void)!::write(done_.get(), &one, sizeof one);
    if (thread_.joinable()) thread_.join();
    return signal_;
  }

 private:
  os::UniqueFd done_;
  int signal_ = 0;
  std::thread thread_;
};

Result<ShellEnd> run_shell(const PreparedJob& prepared, const std::string& job, const World& world,
                           const Cancel& cancel) {
  if (has_person(world)) return step_in(*prepared.room, job, prepared.environment, world, cancel);
  ShellRequest request;
  PENSTOCK_TRY(request.script, os::read_all(STDIN_FILENO, kLongestInput));
  request.environment = prepared.environment;
  return prepared.room->run(
      request, [&world](std::string_view piece) { world.outputs.out.write(piece); }, cancel);
}

int status_of(const ShellEnd& end, int signal) {
  if (signal != 0) return 128 + signal;
  return end.how == ShellEnd::How::exited ? end.code : 128 + end.code;
}

Result<int> shell(const ShellArguments& arguments, const World& world) {
  PENSTOCK_TRY(Project project, open_project(world));
  PENSTOCK_TRY(const RunJob found, find_job(project, arguments.run, arguments.job));
  const std::string& job = found.run.run.job(found.index).name;
  PENSTOCK_TRY(const std::optional<AttemptRecord> attempt, project.store().last_attempt(found.run.header.id, job));
  PENSTOCK_TRY(const Sealer sealer, open_sealer());
  PENSTOCK_TRY(RunContext context, unseal_context(found.run.sealed_context, sealer));
  refresh_agent_sockets(context, world.environment);
  PENSTOCK_TRY(os::SignalQueue signals, os::SignalQueue::open({SIGINT, SIGTERM, SIGHUP}));
  PENSTOCK_TRY(const std::unique_ptr<RunMachine> machine,
               RunMachine::make(project, world, {1, context.environment, context.strict, context.no_network}));
  Cancel cancel;
  EndOnSignal end_on_signal(signals, cancel);
  PENSTOCK_TRY(const JobSpec spec, spec_of(project, found, attempt));
  PENSTOCK_TRY(const PreparedJob prepared, machine->prepare(spec, context, cancel));
  const Output& err = world.outputs.err;
  err.write(which_room(found, attempt, prepared.as_it_was) + "\n");
  if (attempt && attempt->result && !attempt->result->failed_command.empty()) {
    err.write(err.style.dim("failed there: " + printable(attempt->result->failed_command)) + "\n");
  }
  PENSTOCK_TRY(const ShellEnd end, run_shell(prepared, job, world, cancel));
  return status_of(end, end_on_signal.stop());
}

}  // namespace

int execute(const ShellArguments& arguments, World& world) {
  const auto status = shell(arguments, world);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
