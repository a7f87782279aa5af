#include "coordinator/outputs.h"

#include <optional>
#include <utility>

namespace penstock {

RunOutputs::RunOutputs(const Run& run) {
  learn_stages(run.plan().stages);
  for (const event::JobsAdded& added : run.added()) learn_stages(added.stages);
}

void RunOutputs::learn_stages(const std::vector<std::string>& stages) {
  for (const std::string& stage : stages) stage_positions_.emplace(stage, stage_positions_.size());
}

void RunOutputs::keep(const Run& run, size_t job, const JobResult& result) {
  JobOutput output = output_of(run.job(job).name, result);
  if (output.empty()) {
    outputs_.erase(job);
  } else {
    outputs_.insert_or_assign(job, std::move(output));
  }
}

void RunOutputs::add_named(const Run& run, const std::string& name, std::map<size_t, const JobOutput*>& found) const {
  const std::optional<size_t> index = run.index_of(name);
  if (!index) return;
  const auto output = outputs_.find(*index);
  if (output != outputs_.end()) found.emplace(*index, &output->second);
}

std::vector<const JobOutput*> RunOutputs::inputs_of(const Run& run, size_t job) const {
  if (outputs_.empty()) return {};
  const Job& taker = run.job(job);
  std::map<size_t, const JobOutput*> found;
  if (taker.artifacts_from) {
    for (const std::string& name : *taker.artifacts_from) add_named(run, name, found);
  } else if (taker.needs) {
    for (const Need& need : *taker.needs) {
      if (need.artifacts) add_named(run, need.job, found);
    }
  } else {
    const size_t position = stage_positions_.at(taker.stage);
    for (const auto& [index, output] : outputs_) {
      if (stage_positions_.at(run.job(index).stage) < position) found.emplace(index, &output);
    }
  }
  std::vector<const JobOutput*> inputs;
  inputs.reserve(found.size());
  for (const auto& [index, output] : found) inputs.push_back(output);
  return inputs;
}

}  // namespace penstock
