#pragma once

#include <cstddef>
#include <string_view>

#include "engine/run.h"
#include "protocol/job_result.h"
#include "store/records.h"

namespace penstock {

/// Who shows a run while it is driven. Called from the coordinator's thread, after the transition is durable; must
/// return soon. Logs don't come this way (see dispatch_local/local_dispatcher.h).
class Observer {
 public:
  virtual ~Observer() = default;
  /// The run is about to be driven, from where it stands.
  virtual void driving(const RunHeader& /*header*/, const Run& /*run*/) {}
  /// A job's state has changed (`run.state(job)`).
  virtual void job_changed(const Run& /*run*/, size_t /*job*/) {}
  /// An attempt begins, under this id.
  virtual void attempt_started(const Run& /*run*/, size_t /*job*/, int64_t /*attempt_id*/) {}
  /// An attempt has ended. Comes before the job_changed of its transition.
  virtual void attempt_ended(const Run& /*run*/, size_t /*job*/, int64_t /*attempt_id*/, const JobResult& /*result*/) {}
  /// Something that a person should know: an event that was refused, a job that was lost with its driver.
  virtual void notice(std::string_view /*text*/) {}
};

}  // namespace penstock
