#pragma once

#include <string>
#include <string_view>

#include "yaml/yaml.h"

namespace penstock::gitlab {

struct Draft;
class Report;

/// What became of a text with `${{ … }}` in it.
struct MoaText {
  std::string text;
  std::string problem;  ///< Empty: there is none.
};

/// Evaluates what stands between `${{` and `}}`, in GitLab's expression language Moa (its documentation,
/// `doc/ci/functions/moa.md`). `inputs` is the mapping of a job's inputs, whose defaults are `job.inputs.NAME`. `\${{`
/// stands for `${{`.
MoaText evaluate_moa(std::string_view text, const yaml::Node& inputs);

/// Puts the defaults of the job's `inputs` where its scripts, artifacts, caches, image and services name them.
void place_job_inputs(Report& report, Draft& draft);

}  // namespace penstock::gitlab
