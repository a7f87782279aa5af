#pragma once

#include <string>

#include "includes/project_address.h"
#include "intake/intake.h"
#include "intake/sources.h"

namespace penstock {

/// The `CI_*` variables that are the same whatever the pipeline is made for: of the project, the server, the user.
Result<Variables> project_variables(const git::Repository& repository, const CommitFacts& commit,
                                    const std::string& config_path, const os::Environment& environment);

/// The value of the last one of that name; empty where there is none.
std::string value_of(const Variables& variables, std::string_view name);

/// What git must be asked for, of some events.
struct EventFacts {
  std::string base;         ///< What a merge request's changes are compared with; empty where there is nothing.
  std::string tag_message;  ///< Of an annotated tag.
};
Result<EventFacts> event_facts(const git::Repository& repository, const RepositorySources& sources,
                               const Circumstances& circumstances);

/// Those of the commit and of what the pipeline is made for, which is settled.
Variables event_variables(const CommitFacts& commit, const Circumstances& circumstances, const Variables& project,
                          const EventFacts& facts);

/// Where the project lies, by the URL of `origin`.
Result<ProjectAddress> project_address(const git::Repository& repository);

}  // namespace penstock
