#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/project.h"
#include "cli/world.h"
#include "environments/environment_spec.h"

namespace penstock {

/// How the instances of a release are, as they and their hosts said just now.
struct LiveHealth {
  int ready = 0;
  int total = 0;                                            ///< That stand there, and at least as many as are wanted.
  std::vector<std::pair<std::string, std::string>> unwell;  ///< `web-2:8101` and why: `GET /healthz: 503`.
  std::string not_reached;                                  ///< Why nobody could be asked; the rest is empty then.
  bool left_behind = false;                                 ///< The question is still under way.
};

/// Looks at the target and probes each instance of the release once, side by side. It takes `at_most` so long: what
/// hangs is left behind, and the process has to end by std::_Exit then.
LiveHealth ask_health(const World& world, const EnvironmentSpec& spec, const std::string& release, Duration at_most);

}  // namespace penstock
