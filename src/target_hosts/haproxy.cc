#include "target_hosts/haproxy.h"

#include <algorithm>
#include <thread>

#include "base/words.h"
#include "hosts/host_pool.h"
#include "target_hosts/environment_host.h"
#include "target_hosts/runtime_socket.h"
#include "target_hosts/service_manager.h"
#include "target_hosts/talk.h"

namespace penstock {
namespace {

constexpr const char* kProgram = "haproxy";
constexpr Duration kPatience = std::chrono::seconds(10);
constexpr int kLogLines = 200;
/// Until the old worker has closed them, both take connections from the same sockets: after so many that came to the
/// new one, it has.
constexpr int kAnswersInARow = 20;

constexpr const char* kRead = R"sh([ ! -f haproxy/cfg ] || cat haproxy/cfg
)sh";

/// $1: bytes of the configuration, $2: its structure; then the runtime API's commands for its split, a line each. Says
/// `told` where an haproxy of that structure runs, and has been told.
constexpr const char* kWrite = R"sh(PATH=$PATH:/usr/sbin:/sbin  # where Debian has it, and which only root's path names
program=$(command -v haproxy) || {
  echo "haproxy is not installed; on Debian: apt install haproxy" >&2
  exit 1
}
[ ${#folder} -lt 85 ] || { echo "$folder is too long for the path of a socket: name a shorter folder" >&2; exit 1; }
mkdir -p haproxy
receive haproxy/new "$1"
if [ ! -f haproxy/cfg ] || [ "$(sed -n 2p haproxy/cfg)" != "$(sed -n 2p haproxy/new)" ]; then
  checked=$("$program" -c -f haproxy/new 2>&1) || { printf '%s\n' "$checked" | grep -m 1 ALERT >&2; exit 1; }
  printf 'exec %s -W -db -f haproxy/cfg\n' "$program" >haproxy/run
fi
sync haproxy/new
mv -f haproxy/new haproxy/cfg
sync haproxy
info=$(echo 'show info' | talk haproxy/socket 10 2>/dev/null) || exit 0
case $info in *"description: $2"*) tell_runtime haproxy/socket; echo told ;; esac
)sh";

constexpr const char* kPortUser = R"sh(port_user "$1"
)sh";

/// What HAProxy says of a failure, in its log's lines; the one that only tells that there was one is left out.
std::vector<std::string> alerts_in(std::string_view log) {
  std::vector<std::string> alerts;
  while (!log.empty()) {
    std::string_view line = log.substr(0, log.find('\n'));
    log.remove_prefix(std::min(log.size(), line.size() + 1));
    if (line.find("[ALERT]") == std::string_view::npos || line.find("[haproxy.main()]") != std::string_view::npos)
      continue;
    const size_t words = line.find(") : ");
    alerts.emplace_back(words == std::string_view::npos ? line : line.substr(words + 4));
  }
  return alerts;
}

std::set<InstanceAddress> members_of(const TrafficSplit& split) {
  std::set<InstanceAddress> members(split.preview.begin(), split.preview.end());
  members.insert(split.by_header.begin(), split.by_header.end());
  for (const TrafficSplit::Share& share : split.shares) members.insert(share.address);
  return members;
}

}  // namespace

OwnHaproxy::OwnHaproxy(const EnvironmentSpec& spec, HostPool& pool, EnvironmentHost& host, ServiceManager& service)
    : spec_(spec), haproxy_(std::get<HaproxySpec>(spec.traffic)), pool_(pool), host_(host), service_(service) {}

Error OwnHaproxy::about(const Error& error) const {
  return {error.fault, host_.name() + ": haproxy: " + error.message, error.help};
}

Result<Endpoint> OwnHaproxy::socket() {
  PENSTOCK_TRY(const std::string folder, host_.folder());
  return host_.shell().reach_socket(folder + "/haproxy/socket");
}

/// A host that is down must not be in the way of sending traffic elsewhere: its address is remembered.
Result<std::string> OwnHaproxy::address_of(const std::string& host, bool anew) {
  if (host == host_.name()) return std::string("127.0.0.1");
  auto known = addresses_.find(host);
  if (known != addresses_.end() && !anew) return known->second;
  if (host == "local") {
    return Error{Fault::user, host_.name() + " can't reach instances on this machine (`local`)",
                 "run haproxy here: `host: local`, or name this machine as ssh knows it"};
  }
  PENSTOCK_TRY(const std::shared_ptr<HostShell> shell, pool_.at(host));
  Result<std::string> address = shell->address();
  if (!address.ok() && known != addresses_.end()) return known->second;
  if (!address.ok()) return address.error();
  return addresses_[host] = *address;
}

Result<RenderedSplit> OwnHaproxy::remember() {
  PENSTOCK_TRY(const std::string text, host_.must("can't read haproxy's configuration", {.text = kRead}));
  RenderedSplit found = split_of(text);
  addresses_.merge(std::map(found.addresses));
  had_traffic_.merge(members_of(found.split));
  remembered_ = true;
  return found;
}

Result<ProxyConfig> OwnHaproxy::config_for(const RenderedSplit& wanted, bool anew) {
  PENSTOCK_TRY(const std::string folder, host_.folder());
  ProxyConfig config{haproxy_, folder + "/haproxy", {}, wanted.split};
  had_traffic_.merge(members_of(wanted.split));
  std::map<std::string, std::string> addresses;  // a host is asked for its own once
  for (const InstanceAddress& place : places()) {
    const auto [address, is_new] = addresses.try_emplace(place.host);
    if (is_new) {
      PENSTOCK_TRY(address->second, address_of(place.host, anew));
    }
    config.slots.push_back({place, address->second});
  }
  return config;
}

Result<> OwnHaproxy::await(const std::string& structure, const std::vector<std::string>& told) {
  constexpr auto kBetweenLooks = std::chrono::milliseconds(300);
  const auto begun = std::chrono::steady_clock::now();
  auto next_look = begun + kBetweenLooks;
  PENSTOCK_TRY(const Endpoint end, socket());
  for (int in_a_row = 0;;) {
    Result<std::string> info = ask_runtime(end, "show info", kPatience);
    const bool is_new = info.ok() && info->find("description: " + structure) != std::string::npos;
    in_a_row = is_new ? in_a_row + 1 : 0;
    if (in_a_row == kAnswersInARow) return success();
    if (is_new) continue;
    const auto now = std::chrono::steady_clock::now();
    if (now > next_look) {
      PENSTOCK_TRY(const std::vector<std::string> said, alerts());
      if (said.size() > told.size()) return because(said[told.size()]);
      if (now > begun + kPatience) return about({Fault::machine, "it doesn't come up", ""});
      next_look = now + kBetweenLooks;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

Result<std::vector<std::string>> OwnHaproxy::alerts() {
  PENSTOCK_TRY(const std::string log, service_.last_log(kProgram, kLogLines));
  return alerts_in(log);
}

/// `alert` ends with the address where it is about one: `cannot bind socket (Address already in use) [0.0.0.0:80]`.
Error OwnHaproxy::because(const std::string& alert) {
  const size_t colon = alert.rfind(':');
  if (alert.find("cannot bind") == std::string::npos || colon == std::string::npos) {
    return about({Fault::machine, alert, ""});
  }
  const std::string port = alert.substr(colon + 1, alert.find_first_not_of("0123456789", colon + 1) - colon - 1);
  Result<std::string> user = host_.must("can't look at its ports", {.text = kPortUser, .arguments = {port}});
  const bool known = user.ok() && !user->empty();
  return about({Fault::machine, alert + (known ? "; who listens there: " + last_line(*user) : ""),
                "end that program, or name another address under `traffic: {haproxy: {listen: …}}`"});
}

Result<> OwnHaproxy::apply(const RenderedSplit& wanted, bool anew) {
  PENSTOCK_TRY(const ProxyConfig config, config_for(wanted, anew));
  const std::string text = render(config);
  const std::string structure = structure_of(text);
  PENSTOCK_TRY(const std::string said,
               host_.must("can't configure haproxy", {.text = std::string(kTalk) + kTellRuntime + kWrite,
                                                      .arguments = {std::to_string(text.size()), structure},
                                                      .input = text + runtime_lines(runtime_commands(config)),
                                                      .changes = true}));
  if (said == "told\n") return success();
  PENSTOCK_TRY(const Endpoint end, socket());
  Result<std::string> info = ask_runtime(end, "show info", kPatience);
  const bool runs = info.ok();
  if (runs && info->find("description: " + structure) != std::string::npos) {
    if (Result<> told = tell_runtime(end, runtime_commands(config), kPatience); !told.ok()) return about(told.error());
    return success();
  }
  std::vector<std::string> told;
  if (runs) {
    PENSTOCK_TRY(told, alerts());
    PENSTOCK_CHECK(service_.signal(kProgram, "USR2"));  // a new worker takes the sockets over
  } else {
    PENSTOCK_TRY(const std::string folder, host_.folder());
    PENSTOCK_CHECK(service_.setup());
    PENSTOCK_CHECK(service_.start({.name = kProgram, .script = folder + "/haproxy/run"}));
  }
  PENSTOCK_CHECK(await(structure, told));
  watch_.reloaded();  // not earlier, or it would find the old worker again, which would keep it
  return success();
}

Result<> OwnHaproxy::setup() {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(const RenderedSplit now, remember());
  return apply(now, true);
}

Result<> OwnHaproxy::shift(const TrafficSplit& split) {
  const std::lock_guard lock(mutex_);
  if (!remembered_) PENSTOCK_CHECK(remember());
  return apply({split, {}}, false);
}

std::vector<InstanceAddress> OwnHaproxy::places() const {
  std::vector<InstanceAddress> places;
  std::set<InstanceAddress> others = had_traffic_;  // of ports and hosts that are declared no more
  for (const HostSlots& slots : spec_.rollout.hosts) {
    for (const int port : slots.ports) {
      places.push_back({slots.host, port});
      others.erase(places.back());
    }
  }
  places.insert(places.end(), others.begin(), others.end());
  return places;
}

Result<ServerNames> OwnHaproxy::names() {
  const std::lock_guard lock(mutex_);
  if (!remembered_) PENSTOCK_CHECK(remember());
  ServerNames names;
  for (const InstanceAddress& place : places()) names[server_name(place)] = place;
  return names;
}

Result<std::map<InstanceAddress, int>> OwnHaproxy::shares() {
  PENSTOCK_TRY(const Endpoint end, socket());
  PENSTOCK_TRY(const ServerNames servers, names());
  return ask_shares(end, kLiveBackend, servers);
}

Result<int> OwnHaproxy::open_requests(const InstanceAddress& instance) {
  PENSTOCK_TRY(const Endpoint end, socket());
  Result<int> open = ask_open_requests(end, "", server_name(instance));
  if (!open.ok()) return about(open.error());
  return open;
}

Result<> OwnHaproxy::watch_requests(std::stop_token stop, const std::function<void(const ServedRequest&)>& on_request) {
  PENSTOCK_TRY(const Endpoint end, socket());
  PENSTOCK_TRY(const ServerNames servers, names());
  Result<> watched = watch_.follow(end, servers, stop, on_request);
  if (!watched.ok()) return about(watched.error());
  return success();
}

}  // namespace penstock
