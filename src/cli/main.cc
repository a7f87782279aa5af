#include "cli/main.h"

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <variant>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/world.h"
#include "os/clock.h"
#include "os/terminal.h"

namespace penstock {
namespace {

std::string locale_of(const os::Environment& environment) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto found = environment.find(name);
    if (found != environment.end() && !found->second.empty()) return found->second;
  }
  return {};
}

Output output_of(int fd, ColorChoice color, const os::Environment& environment) {
  const auto variable = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  Output output;
  output.fd = fd;
  output.is_terminal = os::is_terminal(fd) && variable("TERM") != "dumb";
  output.style = style_for(output.is_terminal, color, variable("NO_COLOR"), variable("TERM"), locale_of(environment));
  return output;
}

}  // namespace

int run_cli(const std::vector<std::string>& words, const os::Clock& clock) {
  signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error of that write, not the end of the run
  os::Environment environment = os::current_environment();
  auto arguments = parse_arguments(words);
  const ColorChoice color = arguments ? arguments->color : ColorChoice::automatic;
  World world{clock, std::move(environment), {}, {}};
  world.outputs = {output_of(STDOUT_FILENO, color, world.environment),
                   output_of(STDERR_FILENO, color, world.environment)};
  if (!arguments) return world.fail(arguments.error());
  std::error_code error;
  world.folder = std::filesystem::current_path(error);
  if (!arguments->folder.empty()) world.folder /= arguments->folder;
  if (!std::filesystem::is_directory(world.folder, error)) {
    return world.fail({Fault::user, "there is no folder " + world.folder.string(), ""});
  }
  return std::visit([&](const auto& command) { return execute(command, world); }, arguments->command);
}

}  // namespace penstock
