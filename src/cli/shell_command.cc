#include "cli/commands.h"

namespace penstock {

int execute(const ShellArguments& /*arguments*/, World& world) {
  return world.fail({Fault::user, "ci shell is not built yet", "use ci run --pause-on-failure"});
}

}  // namespace penstock
