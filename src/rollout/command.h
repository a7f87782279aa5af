#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "rollout/instance.h"

namespace penstock {

/// What a rollout wants done. Each is idempotent: carried out again after a crash it does no harm. Each but Watch and
/// Say is answered by Done, Failed or Measured with its id.
namespace rollout_command {

/// Bring the release to the host: upload what it lacks, verify digests, install. Nothing that runs is touched.
struct Prepare {
  std::string host;
  std::string release;
  friend bool operator==(const Prepare&, const Prepare&) = default;
};
struct Start {
  Instance instance;
  friend bool operator==(const Start&, const Start&) = default;
};
/// Send nothing new to it and wait for its open requests, `at_most` so long. It gets no traffic already by the split. A
/// later Shift that names it ends the drain.
struct Drain {
  Instance instance;
  Duration at_most{};
  friend bool operator==(const Drain&, const Drain&) = default;
};
struct Stop {
  Instance instance;
  friend bool operator==(const Stop&, const Stop&) = default;
};
/// Start or end probing an instance; the outcomes come as Probed.
struct Watch {
  Instance instance;
  bool on = true;
  friend bool operator==(const Watch&, const Watch&) = default;
};
/// Set the whole split. It is done when the proxy has it and it would survive the proxy's restart.
struct Shift {
  TrafficSplit split;
  friend bool operator==(const Shift&, const Shift&) = default;
};
/// Judge the incoming group against its comparison by what has been seen since `since`. `look` of `looks` in all: the
/// judge corrects for looking repeatedly. In the background a person may keep it waiting: then `look` passes `looks`.
/// `earlier` is the evidence of the look before: who has not gathered that itself goes on from it.
struct Measure {
  Instant since;
  int look = 1;
  int looks = 1;
  InstanceGroup against = InstanceGroup::stable;
  std::string earlier = {};
  friend bool operator==(const Measure&, const Measure&) = default;
};
struct RunHook {
  std::string point;
  friend bool operator==(const RunHook&, const RunHook&) = default;
};
/// Append to the environment's journal: from here on this release is current (`promoted`), or the old one is again.
struct Record {
  enum class What { started, promoted, taken_back, ended };
  What what = What::started;
  std::string release;
  std::string detail;
  friend bool operator==(const Record&, const Record&) = default;
};
/// Remove releases that aren't needed any more from the host.
struct Tidy {
  std::string host;
  friend bool operator==(const Tidy&, const Tidy&) = default;
};
/// A line of the rollout's story, for whoever watches and for its record.
struct Say {
  std::string text;
  friend bool operator==(const Say&, const Say&) = default;
};

}  // namespace rollout_command

struct RolloutCommand {
  int64_t id = 0;  ///< Rising within a rollout.
  std::variant<rollout_command::Prepare, rollout_command::Start, rollout_command::Drain, rollout_command::Stop,
               rollout_command::Watch, rollout_command::Shift, rollout_command::Measure, rollout_command::RunHook,
               rollout_command::Record, rollout_command::Tidy, rollout_command::Say>
      what;
  friend bool operator==(const RolloutCommand&, const RolloutCommand&) = default;
};

}  // namespace penstock
