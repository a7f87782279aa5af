#pragma once

#include <optional>

#include "base/result.h"
#include "cli/arguments.h"
#include "cli/environment_facts.h"

namespace penstock {

/// What the verbs of `ci env` work with.
struct EnvWork {
  const EnvArguments& arguments;
  const World& world;
  Project& project;
  const std::optional<EnvironmentsFile>& declared;
};

/// Each verb: prints its result and gives the exit status.
Result<int> list_environments(const EnvWork& work);
Result<int> show_environment(const EnvWork& work);
Result<int> environment_history(const EnvWork& work);
Result<int> environment_diff(const EnvWork& work);
Result<int> refresh_environments(const EnvWork& work);
Result<int> open_environment_address(const EnvWork& work);
Result<int> set_up_environment(const EnvWork& work);
Result<int> run_in_environment(const EnvWork& work);
Result<int> environment_logs(const EnvWork& work);

}  // namespace penstock
