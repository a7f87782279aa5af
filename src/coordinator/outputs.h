#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "coordinator/lower.h"
#include "engine/run.h"

namespace penstock {

/// What the ended jobs of a run hand to later ones. Only jobs that hand over anything take room.
class RunOutputs {
 public:
  explicit RunOutputs(const Run& run);

  /// The job's last attempt has ended with this: it replaces what an earlier attempt handed over.
  void keep(const Run& run, size_t job, const JobResult& result);
  /// Stages may have been appended with jobs that were added.
  void learn_stages(const std::vector<std::string>& stages);

  /// What this job takes, in the plan's order, by GitLab's rules: `dependencies` where given, else its needs that bring
  /// artifacts, else all jobs of earlier stages.
  [[nodiscard]] std::vector<const JobOutput*> inputs_of(const Run& run, size_t job) const;

 private:
  void add_named(const Run& run, const std::string& name, std::map<size_t, const JobOutput*>& found) const;

  std::map<size_t, JobOutput> outputs_;  // by job index
  std::unordered_map<std::string, size_t> stage_positions_;
};

}  // namespace penstock
