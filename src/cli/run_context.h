#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/environment.h"
#include "secrets/sealer.h"

namespace penstock {

/// What a run was started with and goes on with after a pause of any length: sealed with the run, so that the database
/// holds no secret in clear.
struct RunContext {
  os::Environment environment;                 ///< The jobs' base environment, already reduced to what passes.
  std::map<std::string, std::string> secrets;  ///< Values by name, as they were when the run started.
  bool strict = false;
  bool no_network = false;
  bool pause_on_failure = false;
  bool offline = false;                             ///< Child pipelines fetch nothing either.
  std::optional<std::vector<std::string>> changed;  ///< `--changed`, for child pipelines.

  friend bool operator==(const RunContext&, const RunContext&) = default;
};

std::string seal(const RunContext& context, const Sealer& sealer);
Result<RunContext> unseal_context(std::string_view sealed, const Sealer& sealer);

/// Sockets of agents live and die with a login: those of the shell that resumes a run replace those of the one that
/// started it.
void refresh_agent_sockets(RunContext& context, const os::Environment& caller);

}  // namespace penstock
