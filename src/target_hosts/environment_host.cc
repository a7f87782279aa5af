#include "target_hosts/environment_host.h"

#include "delivery/fence.h"
#include "delivery/ledger.h"
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
  std::string text = std::string("set -e\n") + kEnvironmentFolder + kHostFunctions;
  if (script.changes) text += kFenceFunctions + ("hold_fence " + std::to_string(fence_) + "\n");
  HostScript whole{.text = text + script.text,
                   .arguments = {spec_folder_, environment_},
                   .input = script.input,
                   .timeout = script.timeout};
  whole.arguments.insert(whole.arguments.end(), script.arguments.begin(), script.arguments.end());
  return whole;
}

Result<std::string> EnvironmentHost::must(std::string_view what, const Script& script) {
  if (!script.changes) return shell_->must(what, host_script(script));
  PENSTOCK_TRY(os::RunResult done, shell_->run(host_script(script)));
  if (done.status.code == kFenced) {
    const std::string by = fenced_by(done.errors);
    const std::lock_guard lock(mutex_);
    refused_for_ = by;
    return Error{Fault::user, name() + ": " + std::string(what) + ": it belongs to " + by + " now", ""};
  }
  return shell_->outcome(what, std::move(done));
}

Result<int64_t> EnvironmentHost::raise_fence(const LeaseHolder& holder) {
  constexpr Duration kPatience = std::chrono::minutes(2);
  PENSTOCK_TRY(const std::string said,
               must("can't take it over", {.text = kFenceFunctions + raise_fence_call(holder), .timeout = kPatience}));
  const std::optional<int64_t> newest = raised_fence(said);
  if (!newest)
    return Error{Fault::machine, name() + ": its file `fence` is damaged", "remove it when nobody rolls out"};
  fence_ = holder.fence;
  return *newest;
}

std::optional<std::string> EnvironmentHost::refused_for() {
  const std::lock_guard lock(mutex_);
  return refused_for_;
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
