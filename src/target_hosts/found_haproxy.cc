#include "target_hosts/found_haproxy.h"

#include <algorithm>
#include <sstream>

#include "base/words.h"
#include "hosts/host_pool.h"
#include "target_hosts/environment_host.h"
#include "target_hosts/haproxy_config.h"
#include "target_hosts/runtime_socket.h"
#include "target_hosts/server_state.h"
#include "target_hosts/talk.h"

namespace penstock {
namespace {

constexpr Duration kPatience = std::chrono::seconds(10);
constexpr const char* kStateFile = "/haproxy/state";

/// $1, $2: bytes of both files, $3: a socket, for the runtime API's commands that follow, a line each; empty: there are
/// none. Says `told` where they were sent.
constexpr const char* kKeep = R"sh(mkdir -p haproxy
receive haproxy/slots.new "$1"
receive haproxy/state.new "$2"
sync haproxy/state.new haproxy/slots.new
mv -f haproxy/slots.new haproxy/slots
mv -f haproxy/state.new haproxy/state
sync haproxy
[ -n "$3" ] || exit 0
tell_runtime "$3" || { status=$?; [ $status = 127 ] && exit 0 || exit $status; }
echo told
)sh";
constexpr const char* kRead = R"sh([ ! -f haproxy/slots ] || cat haproxy/slots
)sh";

/// $1: its process, $2: a file. Says `lacks` where its configuration can be read and doesn't name the file.
constexpr const char* kNamesFile = R"sh(tr '\0' '\n' <"/proc/$1/cmdline" >/dev/null 2>&1 || exit 0
files=$(tr '\0' '\n' <"/proc/$1/cmdline" | sed -n '/^-f$/{n;p}')
[ -n "$files" ] || exit 0
for file in $files; do
  case $file in /*) ;; *) file=/proc/$1/cwd/$file ;; esac
  [ ! -d "$file" ] || file="$file/*.cfg"
  cat $file 2>/dev/null || exit 0
done | grep -qF "$2" || echo lacks
)sh";

std::string slot_name(const InstanceAddress& at) { return at.host + ":" + std::to_string(at.port); }

}  // namespace

FoundHaproxy::FoundHaproxy(const EnvironmentSpec& spec, HostPool& pool, EnvironmentHost& host)
    : spec_(spec), haproxy_(std::get<HaproxySpec>(spec.traffic)), pool_(pool), host_(host) {}

Error FoundHaproxy::about(const Error& error) const {
  return {error.fault, host_.name() + ": haproxy: " + error.message, error.help};
}

Result<Endpoint> FoundHaproxy::socket() { return host_.shell().reach_socket(haproxy_.socket); }

Result<std::string> FoundHaproxy::states() {
  PENSTOCK_TRY(const Endpoint end, socket());
  Result<std::string> answer = ask_runtime(end, "show servers state " + haproxy_.backend, kPatience);
  if (!answer.ok()) {
    return about({Fault::machine, "nobody answers at " + haproxy_.socket + " (" + answer.error().message + ")",
                  "see whether it runs there, and has `stats socket " + haproxy_.socket + " level admin`"});
  }
  if (answer->find("srv_name") == std::string::npos) {
    return about({Fault::user, last_line(*answer) + " (`" + haproxy_.backend + "`)", ""});
  }
  return answer;
}

/// A machine has more than one address, and a server may be named by any that we know.
std::vector<std::string> FoundHaproxy::addresses_of(const std::string& host) {
  std::vector<std::string> addresses;
  if (host == host_.name()) addresses = {"127.0.0.1", "::1"};
  const Result<std::shared_ptr<HostShell>> shell = pool_.at(host);
  const Result<std::string> address = shell.ok() ? (*shell)->address() : shell.error();
  if (address.ok()) addresses.push_back(*address);
  return addresses;
}

/// By its name, else by where it leads to. A host that is down must not be in the way: what was found once is kept.
Result<ServerNames> FoundHaproxy::find_servers(const std::string& states) {
  const std::vector<ServerState> servers = parse_server_states(states);
  PENSTOCK_TRY(const std::string text, host_.must("can't read which servers are whose", {.text = kRead}));
  std::map<InstanceAddress, std::string> kept;
  std::istringstream lines(text);
  InstanceAddress at;
  for (std::string name; lines >> at.host >> at.port >> name;) kept[at] = name;

  ServerNames names;
  for (const HostSlots& slots : spec_.rollout.hosts) {
    std::optional<std::vector<std::string>> addresses;
    for (int port : slots.ports) {
      const InstanceAddress slot{slots.host, port};
      const auto known = kept.find(slot);
      const auto named = std::find_if(servers.begin(), servers.end(), [&](const ServerState& server) {
        return server.name == (known != kept.end() ? known->second : server_name(slot));
      });
      if (named != servers.end()) {
        names[named->name] = slot;
        continue;
      }
      if (!addresses) addresses = addresses_of(slots.host);
      for (const ServerState& server : servers) {
        const bool there = std::find(addresses->begin(), addresses->end(), server.address) != addresses->end();
        if (there && server.port == port) names[server.name] = slot;
      }
    }
  }
  return names;
}

Result<ServerNames> FoundHaproxy::names() {
  {
    const std::lock_guard lock(names_mutex_);
    if (!names_.empty()) return names_;
  }
  PENSTOCK_TRY(const std::string now, states());
  PENSTOCK_TRY(ServerNames found, find_servers(now));
  const std::lock_guard lock(names_mutex_);
  return names_ = std::move(found);
}

Result<bool> FoundHaproxy::keep(const ServerNames& names, const std::string& states,
                                const std::vector<std::string>& commands) {
  std::string slots;
  for (const auto& [name, at] : names) slots += at.host + " " + std::to_string(at.port) + " " + name + "\n";
  PENSTOCK_TRY(const std::string said,
               host_.must("can't write haproxy's state",
                          {.text = std::string(kTalk) + kTellRuntime + kKeep,
                           .arguments = {std::to_string(slots.size()), std::to_string(states.size()),
                                         commands.empty() ? "" : haproxy_.socket},
                           .input = slots + states + runtime_lines(commands),
                           .changes = true}));
  return said == "told\n";
}

Error FoundHaproxy::lacking(const std::vector<InstanceAddress>& slots, const std::string& state_file) {
  std::string lines;
  if (!state_file.empty()) {
    lines += "\n    load-server-state-from-file local\n    server-state-file-name " + state_file;
  }
  for (const InstanceAddress& slot : slots) {
    const std::vector<std::string> addresses = addresses_of(slot.host);
    lines += "\n    server " + server_name(slot) + " " + (addresses.empty() ? "ADDRESS" : addresses.front()) + ":" +
             std::to_string(slot.port) + " disabled";
  }
  std::string what = "`" + haproxy_.backend + "` has no server for " + (slots.empty() ? "" : slot_name(slots.front()));
  if (slots.size() > 1) what += " and " + std::to_string(slots.size() - 1) + " more";
  if (slots.empty())
    what = "its configuration doesn't load the state of `" + haproxy_.backend + "`, which a restart would lose";
  return about({Fault::user, what, "add to `backend " + haproxy_.backend + "`, and reload it:" + lines});
}

Result<> FoundHaproxy::setup() {
  const std::lock_guard lock(shift_mutex_);
  PENSTOCK_TRY(const std::string now, states());
  PENSTOCK_TRY(ServerNames found, find_servers(now));
  std::vector<InstanceAddress> without;
  for (const HostSlots& slots : spec_.rollout.hosts) {
    for (int port : slots.ports) {
      const InstanceAddress slot{slots.host, port};
      const bool has = std::any_of(found.begin(), found.end(), [&](const auto& each) { return each.second == slot; });
      if (!has) without.push_back(slot);
    }
  }
  PENSTOCK_TRY(const std::string folder, host_.folder());
  PENSTOCK_TRY(const Endpoint end, socket());
  PENSTOCK_TRY(const std::string info, ask_runtime(end, "show info", kPatience));
  const size_t process = info.find("\nPid: ");
  const std::string pid =
      process == std::string::npos ? "" : info.substr(process + 6, info.find('\n', process + 6) - process - 6);
  PENSTOCK_TRY(const std::string lacks, host_.must("can't read haproxy's configuration",
                                                   {.text = kNamesFile, .arguments = {pid, folder + kStateFile}}));
  if (!without.empty() || !lacks.empty()) return lacking(without, lacks.empty() ? "" : folder + kStateFile);
  PENSTOCK_CHECK(keep(found, now, {}));
  const std::lock_guard names_lock(names_mutex_);
  names_ = std::move(found);
  return success();
}

Result<> FoundHaproxy::shift(const TrafficSplit& split) {
  const std::lock_guard lock(shift_mutex_);
  PENSTOCK_TRY(const std::string now, states());
  PENSTOCK_TRY(const ServerNames servers, find_servers(now));
  std::map<std::string, int> weights;
  std::map<InstanceAddress, std::string> server_of;
  for (const auto& [name, at] : servers) {
    weights[name] = 0;
    server_of[at] = name;
  }
  std::vector<InstanceAddress> without;
  const std::vector<int> wanted = proxy_weights(split.shares);
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto server = server_of.find(split.shares[i].address);
    if (wanted[i] == 0) continue;
    if (server == server_of.end()) {
      without.push_back(split.shares[i].address);
    } else {
      weights[server->second] = wanted[i];
    }
  }
  if (!without.empty()) return lacking(without, "");
  std::vector<std::string> commands;  // those who get traffic first, so that there is always somebody
  for (const bool serves : {true, false}) {
    for (const auto& [name, weight] : weights) {
      if ((weight > 0) != serves) continue;
      const std::string server = "set server " + haproxy_.backend + "/" + name;
      if (serves) commands.push_back(server + " weight " + std::to_string(weight));
      commands.push_back(server + (serves ? " state ready" : " state maint"));
    }
  }
  PENSTOCK_TRY(const bool is_told, keep(servers, with_weights(now, weights), commands));
  if (is_told) return success();
  PENSTOCK_TRY(const Endpoint end, socket());
  if (Result<> told = tell_runtime(end, commands, kPatience); !told.ok()) return about(told.error());
  return success();
}

Result<std::map<InstanceAddress, int>> FoundHaproxy::shares() {
  PENSTOCK_TRY(const Endpoint end, socket());
  const Result<ServerNames> servers = names();
  if (!servers.ok()) return std::map<InstanceAddress, int>();  // it doesn't run: nobody gets anything
  return ask_shares(end, haproxy_.backend, *servers);
}

Result<int> FoundHaproxy::open_requests(const InstanceAddress& instance) {
  PENSTOCK_TRY(const ServerNames servers, names());
  PENSTOCK_TRY(const Endpoint end, socket());
  for (const auto& [name, at] : servers) {
    if (!(at == instance)) continue;
    Result<int> open = ask_open_requests(end, haproxy_.backend, name);
    if (!open.ok()) return about(open.error());
    return open;
  }
  return 0;
}

Result<> FoundHaproxy::watch_requests(std::stop_token stop,
                                      const std::function<void(const ServedRequest&)>& on_request) {
  PENSTOCK_TRY(const ServerNames servers, names());
  PENSTOCK_TRY(const Endpoint end, socket());
  Result<> watched = watch_.follow(end, servers, stop, on_request);
  if (!watched.ok()) return about(watched.error());
  return success();
}

}  // namespace penstock
