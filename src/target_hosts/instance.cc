#include "target_hosts/instance.h"

#include <charconv>
#include <sstream>

#include "base/digest.h"
#include "base/shell_quote.h"
#include "base/words.h"
#include "rollout/group_name.h"
#include "target_hosts/environment_host.h"
#include "target_hosts/install.h"

namespace penstock {
namespace {

/// $1 port, $2 release's folder, $3 stamp; then pairs of a file's name below the instance's folder and its size, whose
/// contents follow on standard input, `facts` last.
constexpr const char* kPlace =
    R"sh([ -f "releases/$2/complete" ] || { echo "its release is not installed there" >&2; exit 1; }
instance=instances/$1
if [ -f "$instance/facts" ]; then
  if grep -qxF "stamp $3" "$instance/facts"; then echo same; exit; fi
elif port_in_use "$1"; then
  who=$(port_user "$1")
  echo "port $1 is in use by another program${who:+ ($who)}" >&2
  exit 1
fi
shift 3
mkdir -p instances
new=$instance.new
trap 'rm -rf "$new"' EXIT
rm -rf "$new"
(umask 077; mkdir "$new" "$new/secrets")
while [ $# -gt 0 ]; do
  (umask 077; receive "$new/$1" "$2")
  shift 2
done
chmod 644 "$new/run" "$new/facts"
chmod 755 "$new"
rm -rf "$instance"
mv "$new" "$instance"
echo changed
)sh";

constexpr const char* kRemove = R"sh(rm -rf "instances/$1"
)sh";

constexpr const char* kPlaced = R"sh(for facts in instances/*/facts; do
  if [ -f "$facts" ]; then cat "$facts"; echo; fi
done
)sh";

/// In double quotes as both `sh` and systemd's EnvironmentFile read them.
std::string variable_line(const std::string& name, const std::string& value) {
  std::string line = name + "=\"";
  for (char c : value) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') line += '\\';
    line += c;
  }
  return line + "\"\n";
}

/// Whether a command is no more than words for one program: then it can take the shell's place, and gets signals
/// itself.
bool is_plain(const std::string& command) {
  char quote = 0;
  for (size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
      if (c == '`' && quote == '"') return false;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '\\') {
      ++i;
    } else if (std::string_view(";&|<>(){}\n`#").find(c) != std::string_view::npos) {
      return false;
    }
  }
  return quote == 0 && command.substr(0, command.find(' ')).find('=') == std::string::npos;
}

/// The program that a plain command is; many write `exec` before it themselves.
std::string program_of(const std::string& command) {
  constexpr std::string_view kExec = "exec ";
  return command.starts_with(kExec) ? command.substr(kExec.size()) : command;
}

/// A shell that stays ends with a signal as its program does: when that has ended, and without a next one.
std::string run_script(const std::string& folder, const std::string& command) {
  const std::string where = "cd " + single_quoted(folder) + " || exit\nPATH=\"$PWD/venv/bin:$PATH\"\nexport PATH\n";
  if (is_plain(command)) return where + "exec " + program_of(command) + "\n";
  return where + "trap 'exit 143' TERM INT QUIT HUP USR1 USR2\n" + command + "\n";
}

}  // namespace

std::string program_name(const InstanceAddress& address) { return std::to_string(address.port); }

Result<Placed> place_instance(EnvironmentHost& host, const ApplicationSpec& application, const Instance& instance,
                              const std::vector<std::pair<std::string, std::string>>& secrets) {
  PENSTOCK_TRY(const std::string folder, host.folder());
  const std::string port = std::to_string(instance.address.port);
  const std::string own = folder + "/instances/" + port;
  const std::string release = release_folder(instance.release);

  std::vector<std::pair<std::string, std::string>> files;
  files.emplace_back("run", run_script(folder + "/releases/" + release, application.run));
  std::string variables;
  for (const auto& [name, value] : application.variables) variables += variable_line(name, value);
  variables += variable_line("PORT", port) + variable_line("RELEASE", instance.release) +
               variable_line("INSTANCE", instance.address.host + ":" + port);
  files.emplace_back("env", variables);
  Placed placed;
  placed.program = {.name = program_name(instance.address),
                    .script = own + "/run",
                    .shell_stays = !is_plain(application.run),
                    .stop_signal = application.stop_signal,
                    .stop_within = application.stop_within,
                    .variables_file = own + "/env",
                    .secrets_folder = own + "/secrets"};
  for (const auto& [name, value] : secrets) {
    placed.program.secrets.push_back(name);
    files.emplace_back("secrets/" + name, value);
  }
  Sha256 stamp;
  const std::string group(to_string(instance.group));
  for (const std::string& part :
       {instance.release, application.stop_signal, std::to_string(application.stop_within.count())}) {
    stamp.update(part + "\n");
  }
  for (const auto& [name, content] : files) stamp.update(name + " " + std::to_string(content.size()) + "\n" + content);
  const std::string digest = to_hex(stamp.finish());
  files.emplace_back("facts", "port " + port + "\nrelease " + instance.release + "\nfolder " + release + "\ngroup " +
                                  group + "\nstamp " + digest + "\n");

  EnvironmentHost::Script script{.text = kPlace, .arguments = {port, release, digest}, .changes = true};
  for (const auto& [name, content] : files) {
    script.arguments.insert(script.arguments.end(), {name, std::to_string(content.size())});
    script.input += content;
  }
  PENSTOCK_TRY(const std::string said, host.must("can't start an instance", script));
  placed.changed = said != "same\n";
  return placed;
}

Result<> remove_instance(EnvironmentHost& host, const InstanceAddress& address) {
  PENSTOCK_CHECK(
      host.must("can't clean up", {.text = kRemove, .arguments = {std::to_string(address.port)}, .changes = true}));
  return success();
}

Result<std::vector<Instance>> placed_instances(EnvironmentHost& host) {
  PENSTOCK_TRY(const std::string text, host.must("can't look at what stands there", {.text = kPlaced}));
  std::vector<Instance> found;
  std::istringstream lines(text);
  Instance instance;
  for (std::string line; std::getline(lines, line);) {
    const size_t space = line.find(' ');
    const std::string name = line.substr(0, space);
    const std::string value = space == std::string::npos ? "" : line.substr(space + 1);
    if (name == "port") {
      instance.address.host = host.name();
      std::from_chars(value.data(), value.data() + value.size(), instance.address.port);
    } else if (name == "release") {
      instance.release = value;
    } else if (name == "group") {
      instance.group = group_named(value).value_or(InstanceGroup::stable);
    } else if (line.empty() && instance.address.port != 0) {
      found.push_back(std::exchange(instance, {}));
    }
  }
  return found;
}

}  // namespace penstock
