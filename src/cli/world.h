#pragma once

#include <filesystem>
#include <memory>

#include "base/result.h"
#include "cli/exit_status.h"
#include "cli/output.h"
#include "os/environment.h"

namespace penstock {

namespace os {
class Clock;
}

/// What `main` hands to the commands: the process's surroundings.
struct World {
  const os::Clock& clock;
  os::Environment environment;
  std::filesystem::path folder;  ///< Where `ci` was started, after `-C`.
  Outputs outputs;

  [[nodiscard]] std::string variable(const std::string& name) const {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  }
  /// Tells the error and gives the exit status that it means.
  int fail(const Error& error) const {
    outputs.error(error);
    return exit_status_of(error);
  }
};

}  // namespace penstock
