#include "target_hosts/systemd.h"

#include <algorithm>
#include <sstream>

#include "hosts/environment_folder.h"
#include "target_hosts/environment_host.h"

namespace penstock {
namespace {

/// $1: `system` or `user`. Sets where units lie, and `systemctl` and `journalctl` for that manager.
constexpr const char* kManager = R"sh(if [ "$1" = user ]; then
  units=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user
  export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"
  manage() { systemctl --user "$@"; }
  journal() { journalctl --user --user-unit "$@"; }
else
  units=/etc/systemd/system
  manage() { systemctl "$@"; }
  journal() { journalctl --unit "$@"; }
fi
mode=$1
shift
)sh";

/// $1: the unit's prefix, $2: bytes of the template.
constexpr const char* kSetup =
    R"sh([ -d /run/systemd/system ] || { echo "systemd does not run there; use \`service: supervisor\`" >&2; exit 1; }
if [ "$mode" = user ]; then
  loginctl enable-linger >/dev/null 2>&1 || true
  manage list-units --no-legend >/dev/null 2>&1 || { echo "there is no systemd for the user $(id -un); try: loginctl enable-linger" >&2; exit 1; }
elif [ "$(id -u)" != 0 ]; then
  echo "systemd's units need root there; log in as root, or use \`user: true\`" >&2
  exit 1
fi
mkdir -p "$units"
template=template.$$
trap 'rm -f "$template" "$template.part"' EXIT
receive "$template" "$2"
if cmp -s "$template" "$units/$1@.service"; then exit; fi
cat "$template" >"$units/$1@.service"
manage daemon-reload
)sh";

/// $1: the unit, $2: bytes of its drop-in (of a template's instance), $3: bytes of its own file. One of them is 0. When
/// `started` was written is where its log begins.
constexpr const char* kStart = R"sh(mkdir -p "$units/$1.d"
file=unit.$$  # others may start theirs here at the same time
trap 'rm -f "$file" "$file.part"' EXIT
receive "$file" "$(($2 + $3))"
if [ "$2" != 0 ]; then cat "$file" >"$units/$1.d/instance.conf"; else cat "$file" >"$units/$1"; fi
manage daemon-reload
manage enable --quiet "$1" 2>/dev/null
manage stop "$1"
manage reset-failed "$1" 2>/dev/null || true
touch "$units/$1.d/started"
manage start "$1"
)sh";

/// $1: the unit, $2: `own` where its file is its own.
constexpr const char* kStop = R"sh(if [ -e "$units/$1.d" ] || [ -e "$units/$1" ] || manage is-active --quiet "$1"; then
  manage disable --quiet "$1" 2>/dev/null || true
  manage stop "$1"
  rm -rf "$units/$1.d"
  if [ "$2" = own ]; then rm -f "$units/$1"; fi
  manage reset-failed "$1" 2>/dev/null || true
  manage daemon-reload
fi
)sh";

constexpr const char* kSignal = R"sh(manage kill --kill-who=main --signal="$2" "$1"
)sh";
constexpr const char* kPrograms = R"sh(manage list-units --all --plain --full --no-legend "$1@*.service" "$1-*.service"
)sh";
/// One that wasn't started, or was stopped, has none: what earlier ones of that name printed isn't its own.
constexpr const char* kLastLog = R"sh(since=$(stat -c %.6Y "$units/$1.d/started" 2>/dev/null) || exit 0
journal "$1" --since "@$since" --lines "$2" --output cat --no-pager --quiet 2>/dev/null || true
)sh";
/// The listener is gone when its end of our input is.
constexpr const char* kFollow = R"sh(journal "$1" --lines 0 --follow --output cat --quiet 2>/dev/null &
trap 'kill $! 2>/dev/null' EXIT
cat >/dev/null
)sh";

/// A path as one word of ExecStart.
std::string word(std::string_view text) {
  std::string out = "\"";
  for (char c : doubled_percents(text)) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '$') out += '$';
    out += c;
  }
  return out + "\"";
}

std::string seconds(Duration duration) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(duration).count());
}

bool is_instance(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// What holds for instances on top, where the manager is root's.
constexpr const char* kConfinement =
    "DynamicUser=yes\nPrivateTmp=yes\nProtectSystem=strict\nProtectHome=read-only\nPrivateDevices=yes\n"
    "ProtectKernelTunables=yes\nProtectKernelModules=yes\nProtectControlGroups=yes\nRestrictSUIDSGID=yes\n"
    "RestrictNamespaces=yes\nCapabilityBoundingSet=\n";

class Systemd final : public ServiceManager {
 public:
  Systemd(EnvironmentHost& host, const std::string& environment, bool user)
      : host_(host), prefix_("penstock-" + folder_name(environment)), user_(user) {}

  Result<> setup() override {
    PENSTOCK_TRY(const std::string folder, host_.folder());
    const std::string text = template_for(folder);
    PENSTOCK_CHECK(change("can't prepare systemd", kSetup, {prefix_, std::to_string(text.size())}, text));
    return success();
  }

  Result<> start(const Program& program) override {
    PENSTOCK_TRY(const std::string folder, host_.folder());
    const bool instance = is_instance(program.name);
    const std::string text = instance ? drop_in_for(program) : unit_for(program, folder);
    const std::string size = std::to_string(text.size());
    PENSTOCK_CHECK(change("can't start " + unit(program.name), kStart,
                          {unit(program.name), instance ? size : "0", instance ? "0" : size}, text));
    return success();
  }

  Result<> stop(const std::string& name) override {
    PENSTOCK_CHECK(change("can't stop " + unit(name), kStop, {unit(name), is_instance(name) ? "instance" : "own"}, {},
                          std::chrono::minutes(10)));
    return success();
  }

  Result<> signal(const std::string& name, const std::string& signal) override {
    PENSTOCK_CHECK(change("can't reach " + unit(name), kSignal, {unit(name), signal}));
    return success();
  }

  Result<std::map<std::string, bool>> programs() override {
    PENSTOCK_TRY(const std::string text, ask("can't ask systemd", kPrograms, {prefix_}));
    std::map<std::string, bool> programs;
    std::istringstream lines(text);
    constexpr std::string_view kEnd = ".service";
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string name;
      std::string loaded;
      std::string active;
      std::string sub;
      if (!(words >> name >> loaded >> active >> sub) || !name.ends_with(kEnd)) continue;
      name = name.substr(prefix_.size() + 1, name.size() - prefix_.size() - 1 - kEnd.size());
      programs[name] = active == "active" || active == "reloading" || active == "deactivating" ||
                       (active == "activating" && sub != "auto-restart");
    }
    return programs;
  }

  Result<std::string> last_log(const std::string& name, int lines) override {
    return ask("can't read the log", kLastLog, {unit(name), std::to_string(lines)});
  }

  Result<> follow_log(const std::string& name, std::stop_token stop,
                      const std::function<bool(std::string_view)>& line) override {
    return host_.shell().follow(host_.host_script(script(kFollow, {unit(name)})), std::move(stop), line);
  }

 private:
  [[nodiscard]] std::string unit(const std::string& name) const {
    return prefix_ + (is_instance(name) ? "@" : "-") + name + ".service";
  }

  [[nodiscard]] EnvironmentHost::Script script(const char* text, std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), user_ ? "user" : "system");
    return {
        .text = std::string(kManager) + text, .arguments = std::move(arguments), .timeout = std::chrono::minutes(2)};
  }

  Result<std::string> ask(const std::string& what, const char* text, std::vector<std::string> arguments) {
    return host_.must(what, script(text, std::move(arguments)));
  }

  Result<> change(const std::string& what, const char* text, std::vector<std::string> arguments, std::string input = {},
                  Duration timeout = std::chrono::minutes(2)) {
    EnvironmentHost::Script changing = script(text, std::move(arguments));
    changing.input = std::move(input);
    changing.timeout = timeout;
    changing.changes = true;
    PENSTOCK_CHECK(host_.must(what, changing));
    return success();
  }

  [[nodiscard]] std::string common(const std::string& folder) const {
    return "Type=exec\nRestart=always\nRestartSec=1\nNoNewPrivileges=yes\nLockPersonality=yes\nWorkingDirectory=" +
           doubled_percents(folder) + "\n";
  }
  [[nodiscard]] std::string install() const {
    return std::string("[Install]\nWantedBy=") + (user_ ? "default.target" : "multi-user.target") + "\n";
  }

  [[nodiscard]] std::string template_for(const std::string& folder) const {
    const std::string own = folder + "/instances/";
    return "# Written by ci env setup.\n[Unit]\nDescription=" + prefix_ +
           " on port %i\nAfter=network.target\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sh " +
           word(own).substr(0, word(own).size() - 1) + "%i/run\"\nEnvironmentFile=" + doubled_percents(own) +
           "%i/env\n" + common(folder) + (user_ ? "" : kConfinement) + install();
  }

  [[nodiscard]] std::string drop_in_for(const Program& program) const {
    std::string text = "[Service]\nKillSignal=SIG" + program.stop_signal +
                       "\nTimeoutStopSec=" + seconds(program.stop_within) +
                       "\nKillMode=" + (program.shell_stays ? "control-group" : "mixed") + "\n";
    // A user's manager gives credentials from version 250 on only, and there they'd protect nothing more.
    if (user_ && !program.secrets.empty()) {
      return text + "Environment=" + word("CREDENTIALS_DIRECTORY=" + program.secrets_folder) + "\n";
    }
    for (const std::string& secret : program.secrets) {
      text += "LoadCredential=" + doubled_percents(secret + ":" + program.secrets_folder + "/" + secret) + "\n";
    }
    return text;
  }

  [[nodiscard]] std::string unit_for(const Program& program, const std::string& folder) const {
    return "# Written by ci env setup.\n[Unit]\nDescription=" + prefix_ + " " + program.name +
           "\nAfter=network.target\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sh " + word(program.script) +
           "\nKillMode=mixed\nKillSignal=SIG" + program.stop_signal +
           "\nTimeoutStopSec=" + seconds(program.stop_within) + "\n" + common(folder) + install();
  }

  EnvironmentHost& host_;
  std::string prefix_;
  bool user_;
};

}  // namespace

std::unique_ptr<ServiceManager> make_systemd(EnvironmentHost& host, const std::string& environment, bool user_units) {
  return std::make_unique<Systemd>(host, environment, user_units);
}

}  // namespace penstock
