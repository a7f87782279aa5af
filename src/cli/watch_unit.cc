#include "cli/watch_unit.h"

#include <cctype>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "cli/exit_status.h"
#include "git/repository.h"

namespace penstock {
namespace {

/// A word of a unit file: quoted, `%` is no specifier, and in a command line `$` is no variable.
std::string word(std::string_view text, bool is_command) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '%' || (c == '$' && is_command)) quoted += c;
    quoted += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return quoted + "\"";
}

/// `ci-watch-` and the folder's name, of characters that a unit's name may have.
std::string unit_name(const std::string& folder) {
  std::string name = "ci-watch-";
  for (const char c : std::filesystem::path(folder).filename().string())
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' ? c : '-';
  return name + ".service";
}

}  // namespace

std::string watch_unit(const std::string& ci, const std::string& folder, const std::string& path) {
  const std::string name = unit_name(folder);
  std::string text =
      "# Drives what is due in this repository: delayed jobs, bake times, freezes that end, old instances\n";
  text += "# that were kept long enough. Install it and start it with:\n";
  text += "#   ci watch --print-unit > ~/.config/systemd/user/" + name + "\n";
  text += "#   systemctl --user enable --now " + name + "\n";
  text += "# and to keep it going while you are logged out:  loginctl enable-linger\n";
  text += "[Unit]\nDescription=Penstock drives what is due in " + word(folder, false) + "\n\n";
  text += "[Service]\nExecStart=" + word(ci, true) + " -C " + word(folder, true) + " watch --stay\n";
  text += "Environment=" + word("PATH=" + path, false) + "\n";
  text += "Restart=on-failure\nRestartSec=10\n\n[Install]\nWantedBy=default.target\n";
  return text;
}

Result<int> print_unit(const World& world) {
  PENSTOCK_TRY(const git::Repository repository, git::Repository::open(world.folder));
  std::error_code error;
  const std::filesystem::path ci = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return Error{Fault::machine, "can't tell where this program lies: " + error.message(), ""};
  const std::string folder = repository.top_level();
  world.outputs.out.write(watch_unit(ci, folder, world.variable("PATH")));
  return static_cast<int>(kPassed);
}

}  // namespace penstock
