#include "cli/step_in.h"

#include <unistd.h>

#include <utility>

#include "base/shell_quote.h"
#include "base/text_width.h"
#include "os/terminal.h"
#include "runner/script.h"

namespace penstock {
namespace {

/// The shell that isn't interactive yet would drop a prompt from the environment.
std::string interactive_script(std::string_view job) {
  return "export HISTFILE= PS1=" + single_quoted(prompt_of(job)) +
         "\nif [ -n \"$BASH\" ]; then exec \"$BASH\" --noprofile --norc -i; fi\nexec sh -i\n";
}

}  // namespace

bool has_person(const World& world) {
  return os::is_terminal(STDIN_FILENO) && os::is_terminal(STDOUT_FILENO) && world.outputs.err.is_terminal;
}

std::string prompt_of(std::string_view job) {
  std::string name = printable(job);
  for (char& c : name) {
    if (std::string_view("\\$`!").find(c) != std::string_view::npos) c = '_';
  }
  return "[" + name + "] \\w \\$ ";
}

Result<ShellEnd> step_in(Room& room, std::string_view job, std::vector<std::string> environment, const World& world,
                         const Cancel& cancel) {
  std::erase_if(environment, [](const std::string& entry) { return entry.starts_with("TERM="); });
  if (const std::string terminal = world.variable("TERM"); !terminal.empty()) environment.push_back("TERM=" + terminal);
  ShellRequest request;
  request.script = interactive_script(job);
  request.environment = std::move(environment);
  request.interactive = true;
  return room.run(request, {}, cancel);
}

}  // namespace penstock
