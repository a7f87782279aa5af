#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace penstock::sandbox {

/// How much a job is kept apart from the machine, best first: chosen by really mounting, not by asking.
enum class Rung {
  root,            ///< Mount and PID namespaces, without a user namespace.
  user_namespace,  ///< The same within a user namespace: for an ordinary user.
  copy,            ///< A copy in a folder of its own; leftover processes are found by their descent.
};

/// `root`, `user namespace`, `copy`.
std::string_view name_of(Rung rung);

/// Why one rung can't be stood on here.
struct RungRefusal {
  Rung rung = Rung::root;
  std::string step;     ///< What was tried last, as in "mount an overlay".
  int error = 0;        ///< The errno of that.
  std::string meaning;  ///< One sentence: what the machine means by it.
  std::string fix;      ///< What to do for it; empty where nothing is known.
};

/// What `ci doctor` tells about the sandbox.
struct ProbeReport {
  Rung rung = Rung::copy;
  std::vector<RungRefusal> refused;  ///< The rungs above it.
};

/// Fills `meaning` and `fix` from the step and its errno.
RungRefusal explain(Rung rung, std::string step, int error);

}  // namespace penstock::sandbox
