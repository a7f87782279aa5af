#pragma once

#include <string>

#include "intake/intake.h"

namespace penstock {

/// Where the project lies on its server, read from a remote's URL; of a repository without one, from its folder's name.
struct ProjectAddress {
  std::string protocol = "https";
  std::string host = "localhost";
  std::string port = "443";
  std::string path;       ///< `group/sub/project`.
  std::string clone_url;  ///< Without user name and password.
};
ProjectAddress parse_remote(std::string_view url, const std::string& folder_name);

/// The `CI_*` variables that are the same whatever the pipeline is made for: of the project, the server, the user.
Result<Variables> project_variables(const git::Repository& repository, const CommitFacts& commit,
                                    const std::string& config_path, const os::Environment& environment);

/// Those of the commit and of what the pipeline is made for, which is settled. `base`: what a merge request's changes
/// are compared with; empty where there is nothing.
Variables event_variables(const git::Repository& repository, const CommitFacts& commit,
                          const Circumstances& circumstances, const Variables& project, const std::string& base);

}  // namespace penstock
