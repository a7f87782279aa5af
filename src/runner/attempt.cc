#include "runner/attempt.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "blobs/beneath.h"
#include "os/clock.h"
#include "os/files.h"
#include "runner/coverage.h"
#include "runner/go_duration.h"
#include "runner/machine_fault.h"
#include "runner/room_files.h"
#include "runner/script.h"

namespace penstock {
namespace {

constexpr const char* kFileFolder = "variables";
constexpr const char* kScriptMarker = ".script-line";
constexpr const char* kAfterMarker = ".after-script-line";
/// What is left to a script when fetching what it needs took the whole of its time: enough to be told so.
constexpr Duration kLeast{1};

/// As Go, and so gitlab-runner, names it.
const char* architecture() {
#if defined(__x86_64__)
  return "linux/amd64";
#elif defined(__aarch64__)
  return "linux/arm64";
#else
  return "linux";
#endif
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

Attempt::Attempt(const World& world, const JobSpec& spec)
    : world_(world), spec_(spec), stop_(world.cancel, Cancel::Level::graceful) {}
Attempt::~Attempt() = default;

JobResult Attempt::run() {
  result_.started_at = world_.clock.now();
  const Result<> fetched = fetch_secrets();
  begin_log();
  if (!fetched.ok()) {
    fail(EndReason::unmet_prerequisites, fetched.error().message + ". " + fetched.error().help);
  } else if (!spec_.unmet.empty()) {
    fail(EndReason::unmet_prerequisites, spec_.unmet);
  } else {
    run_phases();
  }
  finish();
  return std::move(result_);
}

Result<PreparedJob> Attempt::prepare() {
  result_.started_at = world_.clock.now();
  PENSTOCK_CHECK(fetch_secrets());
  begin_log();
  const bool as_it_was = open_kept_room();
  const bool ready = (as_it_was || open_room()) && compose() && (as_it_was || fill_room());
  log_->flush();
  if (!ready) return Error{fault_of(result_.outcome.reason), result_.outcome.detail, ""};
  PreparedJob prepared{nullptr, as_environment(context_->values), as_it_was};
  context_.reset();
  prepared.room = std::move(room_);
  return prepared;
}

void Attempt::begin_log() {
  log_.emplace(world_.sink, Redactor(secrets_), [this] { stop_.request(Cancel::Level::kill); });
}

void Attempt::run_phases() {
  if (!spec_.coverage.empty()) {
    auto scanner = CoverageScanner::make(spec_.coverage);
    if (scanner.ok()) scanner_ = std::move(scanner).value();
    if (!scanner.ok()) result_.notes.push_back(scanner.error().message);
    if (scanner_) log_->scan_with(*scanner_);
  }
  if (!open_room() || !compose() || !fill_room()) return;
  run_script();
  if (killed()) return;
  if (status_ == Status::failed || status_ == Status::timed_out)
    world_.sink.failed(*room_, result_, as_environment(context_->values));
  run_after_script();
  keep_what_it_left();
}

Result<> Attempt::fetch_secrets() {
  variables_ = spec_.variables;
  for (Variable& variable : variables_) {
    if (!variable.secret) continue;
    PENSTOCK_TRY(variable.value, world_.source.secret(variable.name));
    secrets_.push_back(variable.value);
  }
  return success();
}

bool Attempt::open_room() {
  if (canceled()) {
    fail(EndReason::canceled, "it was cancelled before it started");
    return false;
  }
  auto room = world_.executor.open(with_images_expanded());
  if (!room.ok()) {
    fail_for(room.error(),
             room.error().fault == Fault::user ? EndReason::runner_unsupported : EndReason::runner_system_failure);
    return false;
  }
  room_ = std::move(room).value();
  for (const std::string& notice : room_->notices()) log_->line(notice);
  return true;
}

/// False where there is none, or it can't be opened.
bool Attempt::open_kept_room() {
  auto room = world_.executor.open_kept(with_images_expanded(), Runner::room_name(spec_.id));
  if (!room.ok() || !*room) return false;
  room_ = std::move(room).value();
  return true;
}

/// So that a person can step in later. The values of file variables are the run's secret: they don't stay.
void Attempt::keep_room() {
  if (!ran_script_ || killed() || status_ == Status::canceled) return;
  if (result_.outcome.reason == EndReason::disk_full) return;  // its space is what is missing
  const os::UniqueFd files = open_beneath(room_->temporary_fd(), kFileFolder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (files && !empty_folder(files.get()).ok()) return;
  (void)room_->keep(Runner::room_name(spec_.id)).ok();
}

/// Images and services may be named by variables (`python:$PYTHON`). They are expanded as gitlab-runner does it: with
/// the job's variables, not the machine's.
JobSpec Attempt::with_images_expanded() const {
  JobSpec spec = spec_;
  if (!spec.image && spec.services.empty()) return spec;
  Values files;
  const auto values = compose_variables({variables_}, "", files);
  if (!values.ok()) return spec;  // compose() tells
  if (spec.image) spec.image->name = expand(spec.image->name, *values);
  for (Service& service : spec.services) {
    service.image.name = expand(service.image.name, *values);
    for (std::string& alias : service.aliases) alias = expand(alias, *values);
  }
  return spec;
}

Variables Attempt::own_variables() const {
  const std::string& project = room_->project_folder();
  const auto variable = [](const char* name, std::string value) {
    return Variable{name, std::move(value), true, false, false};
  };
  return {variable("CI_PROJECT_DIR", project),
          variable("CI_BUILDS_DIR", project.substr(0, std::max<size_t>(project.rfind('/'), 1))),
          variable("CI_JOB_STARTED_AT", to_iso8601(result_.started_at)), variable("CI_JOB_STATUS", "running")};
}

bool Attempt::compose() {
  const auto variable = [](const char* name, const char* value) { return Variable{name, value, true, false, false}; };
  const Variables predefined{variable("CI_SERVER", "yes"),
                             variable("CI_CONCURRENT_ID", "0"),
                             variable("CI_CONCURRENT_PROJECT_ID", "0"),
                             variable("CI_DISPOSABLE_ENVIRONMENT", "true"),
                             variable("CI_RUNNER_DESCRIPTION", "penstock"),
                             variable("CI_RUNNER_VERSION", "0.1.0"),
                             variable("CI_RUNNER_EXECUTABLE_ARCH", architecture())};
  Values files;
  auto values =
      compose_variables({from_environment(room_->base_environment()), predefined, variables_, own_variables()},
                        room_->temporary_folder() + "/" + kFileFolder, files);
  if (!values.ok()) {
    fail(EndReason::unmet_prerequisites, values.error().message);
    return false;
  }
  for (const auto& [name, content] : files) {
    if (auto written = write_private(room_->temporary_fd(), kFileFolder, name, content); !written.ok()) {
      fail_for(written.error(), EndReason::runner_system_failure);
      return false;
    }
  }
  context_.emplace(JobContext{spec_, world_.blobs, world_.source, world_.sink, world_.cancel, world_.executor, *room_,
                              *log_, result_, std::move(values).value()});
  return true;
}

bool Attempt::fill_room() {
  // `none` means "the folder as it is", which in a pristine room is the commit; a depth means nothing where nothing is
  // fetched.
  const bool empty = context_->value_of("GIT_STRATEGY") == "empty";
  if (empty) {
    if (auto emptied = empty_folder(room_->project_fd()); !emptied.ok()) {
      fail_for(emptied.error(), EndReason::runner_system_failure);
      return false;
    }
  }
  caches_ = plan_caches(*context_);
  find_caches(*context_, caches_);
  if (!empty && !stand_on_caches()) return false;
  restore_caches(*context_, caches_);
  if (auto restored = restore_inputs(*context_); !restored.ok()) {
    fail_for(restored.error(), EndReason::missing_dependency);
    return false;
  }
  if (canceled()) {
    fail(EndReason::canceled, "it was cancelled before its script started");
    return false;
  }
  return true;
}

/// Changes to a room that stands on the caches which are worth it. Where there is none they are restored into this one.
bool Attempt::stand_on_caches() {
  const std::vector<Digest> trees = choose_layers(*context_, caches_);
  if (trees.empty()) return true;
  auto room = world_.executor.open_on(with_images_expanded(), trees);
  if (!room.ok() || !*room) {
    for (CacheUse& use : caches_) use.beneath = false;
    return true;
  }
  context_.reset();
  room_ = std::move(room).value();
  return compose();
}

Result<ShellEnd> Attempt::shell(const std::vector<std::string>& lines, const char* marker, Duration timeout,
                                const Cancel& cancel) {
  ShellRequest request;
  request.script = make_script(lines, room_->temporary_folder() + "/" + marker);
  if (context_->value_of("CI_DEBUG_TRACE") == "true") request.script.insert(0, "set -o xtrace\n");
  request.environment = as_environment(context_->values);
  request.timeout = timeout;
  auto end = room_->run(
      request, [this](std::string_view piece) { log_->write(piece); }, cancel);
  log_->flush();
  if (end.ok()) tell_killed(*end);
  return end;
}

void Attempt::run_script() {
  const std::vector<std::string> lines = lines_of(spec_.steps);
  const Duration since = std::max(world_.clock.now() - result_.started_at, Duration(0));
  const Duration job_left = std::max(spec_.timeout - since, kLeast);
  const Duration script_timeout = setting("RUNNER_SCRIPT_TIMEOUT", job_left);
  ran_script_ = true;
  const auto end = shell(lines, kScriptMarker, std::min(job_left, script_timeout), stop_);
  if (!end.ok()) {
    status_ = Status::failed;
    return fail_for(end.error(), EndReason::runner_system_failure);
  }
  judge(*end, script_timeout < job_left);
  if (status_ == Status::passed) return;
  if (const auto line = line_reached_in(kScriptMarker, lines.size())) {
    result_.failed_command = log_->masked(lines[*line]);
    while (result_.failed_command.ends_with('\n')) result_.failed_command.pop_back();
  }
  if (result_.outcome.reason == EndReason::script_failure && result_.outcome.detail.empty()) {
    const std::string what =
        result_.failed_command.empty() ? "the script" : "`" + first_line(result_.failed_command) + "`";
    result_.outcome.detail = what + " ended with " + std::to_string(result_.outcome.exit_code.value_or(1));
  }
}

/// What the end of the script means for the job.
void Attempt::judge(const ShellEnd& end, bool by_script_timeout) {
  using How = ShellEnd::How;
  if (end.how == How::exited && end.code == 0) return;
  status_ = Status::failed;
  if (log_->error()) return fail_for(*log_->error(), EndReason::runner_system_failure);
  switch (end.how) {
    case How::exited:
      result_.outcome.exit_code = end.code;
      if (is_full(room_->project_fd()) || is_full(room_->temporary_fd())) {
        return fail(EndReason::disk_full,
                    "no space was left on the disk when the script ended with " + std::to_string(end.code));
      }
      return fail(EndReason::script_failure, "");
    case How::signaled:
      result_.outcome.exit_code = 128 + end.code;
      return fail(EndReason::script_failure, "the script was ended by signal " + std::to_string(end.code));
    case How::timed_out:
      status_ = Status::timed_out;
      job_timed_out_ = !by_script_timeout;
      return fail(EndReason::job_execution_timeout, by_script_timeout
                                                        ? "its script ran longer than RUNNER_SCRIPT_TIMEOUT allows"
                                                        : "it ran longer than " + to_words(spec_.timeout));
    case How::canceled:
      status_ = Status::canceled;
      return fail(EndReason::canceled, "it was cancelled");
    case How::out_of_memory:
      return fail(EndReason::out_of_memory, "the machine ran out of memory, and the kernel ended a process of the job");
  }
}

void Attempt::run_after_script() {
  const std::vector<std::string> lines = lines_of(spec_.after_steps);
  if (lines.empty() || job_timed_out_ || log_->error()) return;
  context_->values["CI_JOB_STATUS"] = job_status();
  log_->line("Running after_script");
  const Cancel kill_alone(stop_, Cancel::Level::kill);
  const Duration timeout = setting("RUNNER_AFTER_SCRIPT_TIMEOUT", spec_.after_timeout);
  const auto end = shell(lines, kAfterMarker, timeout, kill_alone);
  if (end.ok() && end->how == ShellEnd::How::exited && end->code == 0) return;
  std::string why = "it could not be run";
  if (end.ok() && end->how == ShellEnd::How::timed_out) why = "it ran longer than " + to_words(timeout);
  if (end.ok() && end->how == ShellEnd::How::exited) why = "it ended with " + std::to_string(end->code);
  if (end.ok() && end->how == ShellEnd::How::signaled) why = "it was ended by signal " + std::to_string(end->code);
  if (context_->value_of("AFTER_SCRIPT_IGNORE_ERRORS") != "false" || status_ != Status::passed) {
    return context_->note("after_script failed, which does not change the job's result: " + why);
  }
  status_ = Status::failed;
  if (end.ok() && end->how == ShellEnd::How::exited) result_.outcome.exit_code = end->code;
  fail(EndReason::script_failure, "after_script failed: " + why);
}

void Attempt::keep_what_it_left() {
  if (killed() || log_->error() || job_timed_out_) return;
  const bool passed = status_ == Status::passed;
  const Instant now = world_.clock.now();
  keep_caches(*context_, caches_, passed);
  for (const Result<>& kept : {keep_artifacts(*context_, passed, now), keep_reports(*context_, now)}) {
    if (!kept.ok()) fail_for(kept.error(), EndReason::artifacts_failure);
  }
  if (passed && ended_) world_.sink.failed(*room_, result_, as_environment(context_->values));
}

void Attempt::finish() {
  if (context_ && spec_.environment && !spec_.environment->url.empty()) {
    Values values = context_->values;
    for (const Variable& variable : result_.dotenv) values[variable.name] = variable.value;
    result_.environment_url = log_->masked(expand(spec_.environment->url, values));
  }
  if (killed() && !ended_) fail(EndReason::canceled, "it was cancelled");
  if (room_) {
    const Usage usage = room_->usage();
    result_.peak_memory = usage.peak_memory;
    result_.cpu_time = usage.cpu_time;
    remove_markers();
  }
  context_.reset();
  if (room_ && ended_) keep_room();
  room_.reset();
  log_->flush();
  if (log_->error()) fail_for(*log_->error(), EndReason::runner_system_failure);
  if (scanner_) {
    if (const auto percent = scanner_->finish()) result_.coverage = percent;
  }
  result_.log_bytes = log_->bytes();
  result_.ended_at = world_.clock.now();
}

void Attempt::fail(EndReason reason, const std::string& detail) {
  if (ended_) return;
  ended_ = true;
  result_.outcome.reason = reason;
  result_.outcome.detail = log_->masked(detail);
  // The log of a command that failed speaks for itself.
  if (reason != EndReason::script_failure) log_->line("ERROR: " + detail);
}

void Attempt::fail_for(const Error& error, EndReason otherwise) {
  fail(is_disk_full(error) ? EndReason::disk_full : otherwise, error.message);
}

std::optional<size_t> Attempt::line_reached_in(const char* marker, size_t lines) const {
  const auto content = read_beneath(room_->temporary_fd(), marker, 64);
  if (!content.ok()) return std::nullopt;
  return line_reached(*content, lines);
}

/// A room in which nothing was left may serve the next job.
void Attempt::remove_markers() const {
  if (!ran_script_) return;
  for (const char* marker : {kScriptMarker, kAfterMarker}) ::unlinkat(room_->temporary_fd(), marker, 0);
}

void Attempt::tell_killed(const ShellEnd& end) {
  for (const std::string& command : end.killed) context_->note("ended a process that was left running: " + command);
}

std::string_view Attempt::job_status() const {
  if (status_ == Status::passed) return "success";
  return status_ == Status::canceled ? "canceled" : "failed";
}

Duration Attempt::setting(std::string_view name, Duration usual) {
  const std::string_view text = context_->value_of(name);
  if (text.empty()) return usual;
  const auto duration = parse_go_duration(text);
  if (duration && *duration > Duration(0)) return *duration;
  context_->note(std::string(name) + " is no duration such as `90s` or `1h30m`: it is not used");
  return usual;
}

}  // namespace penstock
