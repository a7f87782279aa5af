#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/job_result.h"
#include "protocol/job_spec.h"
#include "runner/cancel.h"
#include "runner/executor.h"
#include "runner/job_context.h"
#include "runner/job_log.h"
#include "runner/runner.h"

namespace penstock {

class CoverageScanner;

/// One attempt of a job, from its first phase to its result. Used once.
class Attempt {
 public:
  struct World {
    Executor& executor;
    BlobStore& blobs;
    const os::Clock& clock;
    JobSource& source;
    JobSink& sink;
    const Cancel& cancel;
  };
  Attempt(const World& world, const JobSpec& spec);
  ~Attempt();

  JobResult run();
  /// As far as the script; see Runner::prepare.
  Result<PreparedJob> prepare();

 private:
  /// How the script went, for all that comes after it.
  enum class Status { passed, failed, canceled, timed_out };

  void run_phases();
  Result<> fetch_secrets();
  void begin_log();
  bool open_room();
  bool open_kept_room();
  void keep_room();
  [[nodiscard]] JobSpec with_images_expanded() const;
  bool compose();
  bool fill_room();
  bool stand_on_caches();
  void run_script();
  void judge(const ShellEnd& end, bool by_script_timeout);
  void run_after_script();
  void keep_what_it_left();
  void finish();

  /// Ends the attempt for a reason that is not the script's. The first reason stays.
  void fail(EndReason reason, const std::string& detail);
  void fail_for(const Error& error, EndReason otherwise);
  Result<ShellEnd> shell(const std::vector<std::string>& lines, const char* marker, Duration timeout,
                         const Cancel& cancel);
  std::optional<size_t> line_reached_in(const char* marker, size_t lines) const;
  void remove_markers() const;
  void tell_killed(const ShellEnd& end);
  [[nodiscard]] bool canceled() const { return world_.cancel.level() != Cancel::Level::none; }
  [[nodiscard]] bool killed() const { return world_.cancel.level() == Cancel::Level::kill; }
  [[nodiscard]] std::string_view job_status() const;
  [[nodiscard]] Duration setting(std::string_view name, Duration usual);
  [[nodiscard]] Variables own_variables() const;

  const World world_;
  const JobSpec& spec_;
  Variables variables_;  // the spec's, with the values of secrets
  std::vector<std::string> secrets_;
  JobResult result_;
  Cancel stop_;  // of the script: what the caller requests, and a log that takes no more
  std::unique_ptr<CoverageScanner> scanner_;
  std::optional<JobLog> log_;
  std::unique_ptr<Room> room_;
  std::optional<JobContext> context_;
  std::vector<CacheUse> caches_;
  Status status_ = Status::passed;
  bool ended_ = false;  // a reason is known
  bool ran_script_ = false;
  bool job_timed_out_ = false;  // the whole job, not only its script by a timeout of its own
};

}  // namespace penstock
