#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "intake/sources.h"

namespace penstock {

/// The file that a pipeline's name means, with what the pipeline is called.
struct FoundPipeline {
  std::string path;
  std::string name;
  bool own_keywords = false;  ///< It lies in `.ci/`.
};

/// `name` as the user gave it: `.ci/NAME.yml`, else a workflow, else a path; empty: `.ci/main.yml`, else
/// `.gitlab-ci.yml`, else workflows, else a Jenkinsfile. A dialect that isn't built yet is an error that says so.
Result<FoundPipeline> find_pipeline(RepositorySources& sources, const std::string& name);

/// The paths that `find_pipeline` looks at first, in their order.
std::vector<std::string> first_candidates(const std::string& name);

/// The names of all pipelines of the project.
Result<std::vector<std::string>> list_pipelines(RepositorySources& sources);

}  // namespace penstock
