#include "target_hosts/command.h"

#include "target_hosts/environment_host.h"
#include "target_hosts/install.h"

namespace penstock {
namespace {

constexpr Duration kLongestCommand = std::chrono::minutes(30);

/// $1: the command, $2: a release's folder, empty for none; then pairs of names and values.
constexpr const char* kRun = R"sh(command=$1
[ -z "$2" ] || { cd "releases/$2"; PATH="$PWD/venv/bin:$PATH"; }
shift 2
while [ $# -gt 0 ]; do export "$1=$2"; shift 2; done
exec sh -c "$command"
)sh";

constexpr const char* kListens = R"sh(if port_in_use "$1"; then echo yes; fi
)sh";

}  // namespace

Result<std::string> run_command(EnvironmentHost& host, const std::string& command,
                                const std::vector<std::pair<std::string, std::string>>& variables) {
  EnvironmentHost::Script script{.text = kRun, .arguments = {command, ""}, .timeout = kLongestCommand};
  for (const auto& [name, value] : variables) {
    script.arguments.insert(script.arguments.end(), {name, value});
    if (name == "RELEASE") script.arguments[1] = release_folder(value);
  }
  PENSTOCK_TRY(os::RunResult done, host.shell().run(host.host_script(script)));
  if (done.status.ok()) return std::move(done.output);
  std::string why = last_line(done.errors);
  if (why.empty()) why = last_line(done.output);
  return Error{Fault::job,
               host.name() + ": `" + command + "`: " + os::to_words(done.status) + (why.empty() ? "" : ": " + why), ""};
}

Result<bool> port_listens(EnvironmentHost& host, int port) {
  PENSTOCK_TRY(const std::string said,
               host.must("can't look at its ports", {.text = kListens, .arguments = {std::to_string(port)}}));
  return !said.empty();
}

}  // namespace penstock
