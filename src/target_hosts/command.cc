#include "target_hosts/command.h"

#include <signal.h>

#include "target_hosts/environment_host.h"
#include "target_hosts/install.h"

namespace penstock {
namespace {

constexpr Duration kLongestCommand = std::chrono::minutes(30);
constexpr int kBySignal = 128;  // what a shell adds to its number
constexpr Duration kTimeToEnd = std::chrono::seconds(10);

/// $1: the command, $2: a release's folder, empty for none; then pairs of names and values.
constexpr const char* kPlace = R"sh(command=$1
[ -z "$2" ] || { cd "releases/$2"; PATH="$PWD/venv/bin:$PATH"; }
shift 2
while [ $# -gt 0 ]; do export "$1=$2"; shift 2; done
)sh";
constexpr const char* kRun = "exec sh -c \"$command\"\n";

/// Whoever attends is gone when our input ends. All of it is one process group (sshd gives each command its own).
constexpr const char* kAttended = R"sh(exec 3<&0
{ while read -r _; do :; done; kill -TERM 0; } <&3 >/dev/null 2>&1 &
watcher=$!
status=0
sh -c "$command" 3<&- </dev/null || status=$?
kill "$watcher" 2>/dev/null || true
exit "$status"
)sh";

constexpr const char* kListens = R"sh(if port_in_use "$1"; then echo yes; fi
)sh";

using Variables = std::vector<std::pair<std::string, std::string>>;

HostScript script_of(EnvironmentHost& host, const char* text, const std::string& command, const Variables& variables) {
  EnvironmentHost::Script script{
      .text = std::string(kPlace) + text, .arguments = {command, ""}, .timeout = kLongestCommand};
  for (const auto& [name, value] : variables) {
    script.arguments.insert(script.arguments.end(), {name, value});
    if (name == "RELEASE") script.arguments[1] = release_folder(value);
  }
  return host.host_script(script);
}

}  // namespace

Result<std::string> run_command(EnvironmentHost& host, const std::string& command, const Variables& variables) {
  PENSTOCK_TRY(os::RunResult done, host.shell().run(script_of(host, kRun, command, variables)));
  if (done.status.ok()) return std::move(done.output);
  std::string why = last_line(done.errors);
  if (why.empty()) why = last_line(done.output);
  return Error{Fault::job,
               host.name() + ": `" + command + "`: " + os::to_words(done.status) + (why.empty() ? "" : ": " + why), ""};
}

Result<int> attend_command(EnvironmentHost& host, const std::string& command, const Variables& variables,
                           std::stop_token stop, const PrintedTo& printed) {
  HostScript script = script_of(host, kAttended, command, variables);
  script.grace = kTimeToEnd;
  PENSTOCK_TRY(const std::optional<os::ExitStatus> status, host.shell().attend(script, std::move(stop), printed));
  if (!status) return kBySignal + SIGTERM;  // it was told so
  return status->signal != 0 ? kBySignal + status->signal : status->code;
}

Result<bool> port_listens(EnvironmentHost& host, int port) {
  PENSTOCK_TRY(const std::string said,
               host.must("can't look at its ports", {.text = kListens, .arguments = {std::to_string(port)}}));
  return !said.empty();
}

}  // namespace penstock
