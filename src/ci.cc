#include <string>
#include <vector>

#include "cli/main.h"
#include "os/clock.h"

int main(int argc, char** argv) {
  const penstock::os::SystemClock clock;
  return penstock::run_cli(std::vector<std::string>(argv + 1, argv + argc), clock);
}
