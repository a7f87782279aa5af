#include "target_hosts/environment_host.h"

#include "hosts/environment_folder.h"

namespace penstock {
namespace {

/// `port_in_use PORT`: whether anybody listens there, by any address.
/// `port_user PORT`: the program that listens there, where it can be told.
/// `receive FILE SIZE`: the next so many bytes of standard input become FILE, whole or not at all.
constexpr const char* kHostFunctions = R"sh(port_in_use() {
  grep -qiE "^ *[0-9]+: [0-9A-F]+:$(printf %04X "$1") [0-9A-F]+:[0-9A-F]+ 0A " /proc/net/tcp /proc/net/tcp6 2>/dev/null
}
port_user() {
  ss -ltnpH "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1, process \2/p' | head -n 1
}
receive() {
  : >"$1.part"
  [ "$2" = 0 ] || dd bs="$2" count=1 iflag=fullblock 2>/dev/null >"$1.part"
  [ "$(wc -c <"$1.part")" -eq "$2" ] || { echo "the connection was cut off" >&2; exit 1; }
  mv -f "$1.part" "$1"
}
environment_folder "$1" "$2"
shift 2
umask 022
mkdir -p "$folder"
cd "$folder"
)sh";

}  // namespace

EnvironmentHost::EnvironmentHost(std::shared_ptr<HostShell> shell, std::string folder, std::string environment)
    : shell_(std::move(shell)), spec_folder_(std::move(folder)), environment_(folder_name(environment)) {}

HostScript EnvironmentHost::host_script(const Script& script) const {
  HostScript whole{.text = std::string("set -e\n") + kEnvironmentFolder + kHostFunctions + script.text,
                   .arguments = {spec_folder_, environment_},
                   .input = script.input,
                   .timeout = script.timeout};
  whole.arguments.insert(whole.arguments.end(), script.arguments.begin(), script.arguments.end());
  return whole;
}

Result<std::string> EnvironmentHost::must(std::string_view what, const Script& script) {
  return shell_->must(what, host_script(script));
}

Result<std::string> EnvironmentHost::folder() {
  {
    const std::lock_guard lock(mutex_);
    if (!folder_.empty()) return folder_;
  }
  PENSTOCK_TRY(std::string found, must("can't make the environment's folder", {.text = "printf %s \"$PWD\"\n"}));
  const std::lock_guard lock(mutex_);
  return folder_ = std::move(found);
}

}  // namespace penstock
