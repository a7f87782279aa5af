#include "target_hosts/hosts_target.h"

#include <algorithm>
#include <future>
#include <map>
#include <mutex>
#include <optional>

#include "base/words.h"
#include "delivery/ledger.h"
#include "delivery/probe.h"
#include "hosts/host_pool.h"
#include "target_hosts/command.h"
#include "target_hosts/environment_host.h"
#include "target_hosts/install.h"
#include "target_hosts/instance.h"
#include "target_hosts/proxy.h"
#include "target_hosts/supervisor.h"
#include "target_hosts/systemd.h"

namespace penstock {
namespace {

using Standing = rollout_event::Observed::Standing;

constexpr const char* kHasSystemd = "[ ! -d /run/systemd/system ] || echo yes\n";

/// A host of the environment, and who keeps programs running there.
struct Place {
  std::unique_ptr<EnvironmentHost> host;
  std::unique_ptr<ServiceManager> service;
  std::optional<HostInterpreter> interpreter;  ///< Once it was asked for.
};

/// What a command beside an instance is told.
std::vector<std::pair<std::string, std::string>> facts_of(const Instance& instance) {
  const std::string port = std::to_string(instance.address.port);
  return {{"PORT", port}, {"RELEASE", instance.release}, {"INSTANCE", instance.address.host + ":" + port}};
}

class Hosts final : public TargetOnHosts {
 public:
  explicit Hosts(HostsTargetParts parts) : parts_(std::move(parts)), spec_(parts_.environment) {}

  Result<> setup() override;
  Result<std::vector<std::string>> advice() override;
  Result<int64_t> raise_fence(const LeaseHolder& holder) override;
  [[nodiscard]] std::optional<std::string> refused_for() override;
  Result<std::vector<Standing>> observe() override;
  Result<std::optional<HostInterpreter>> interpreter(const std::string& host) override;
  Result<> prepare(const std::string& host, const Release& release) override;
  Result<> start(const Instance& instance) override;
  Result<> stop(const Instance& instance) override;
  Result<ProbeResult> probe(const Instance& instance, const Probe& probe, Duration timeout) override;
  Result<> shift(const TrafficSplit& split) override;
  Result<std::optional<int>> open_requests(const Instance& instance) override;
  Result<std::string> last_log(const Instance& instance, int lines) override;
  Result<> follow_log(const Instance& instance, std::stop_token stop,
                      const std::function<bool(std::string_view)>& line) override;
  Result<> tidy(const std::string& host, const std::vector<std::string>& keep_releases) override;
  Result<> watch_requests(std::stop_token stop, const std::function<void(const ServedRequest&)>& on_request) override;
  Result<int> attend(const Instance& instance, const std::string& command, std::stop_token stop,
                     const AttendedOutput& printed) override;
  Result<std::string> run(const std::string& host, const std::string& command,
                          const std::vector<std::pair<std::string, std::string>>& variables) override;

 private:
  Result<Place*> at(const std::string& host);
  Result<std::unique_ptr<ServiceManager>> service_for(EnvironmentHost& host);
  /// Nothing where no proxy steers the traffic.
  Result<Proxy*> proxy();
  /// Calls `what` for each host that instances may stand on, all at a time. The first Error counts.
  Result<> everywhere(const std::function<Result<>(Place&)>& what);

  HostsTargetParts parts_;
  const EnvironmentSpec& spec_;
  std::mutex mutex_;
  std::map<std::string, Place> places_;
  std::unique_ptr<Proxy> proxy_;
};

Result<Place*> Hosts::at(const std::string& host) {
  const std::lock_guard lock(mutex_);
  auto known = places_.find(host);
  if (known != places_.end()) return &known->second;
  PENSTOCK_TRY(std::shared_ptr<HostShell> shell, parts_.pool.at(host));
  Place place;
  place.host =
      std::make_unique<EnvironmentHost>(std::move(shell), std::get<HostsTarget>(spec_.target).folder, spec_.name);
  PENSTOCK_TRY(place.service, service_for(*place.host));
  return &(places_[host] = std::move(place));
}

/// The one that the environment names; on a machine that only the proxy runs on, supervisor where systemd isn't.
Result<std::unique_ptr<ServiceManager>> Hosts::service_for(EnvironmentHost& host) {
  const auto& target = std::get<HostsTarget>(spec_.target);
  if (target.service == HostsTarget::Service::supervisor) return make_supervisor(host, spec_.name);
  const auto& all = spec_.rollout.hosts;
  const bool only_proxy =
      std::none_of(all.begin(), all.end(), [&](const auto& each) { return each.host == host.name(); });
  if (only_proxy) {
    PENSTOCK_TRY(const std::string said, host.must("can't look for systemd", {.text = kHasSystemd}));
    if (said.empty()) return make_supervisor(host, spec_.name);
  }
  return make_systemd(host, spec_.name, target.user_units);
}

Result<Proxy*> Hosts::proxy() {
  const auto* haproxy = std::get_if<HaproxySpec>(&spec_.traffic);
  if (haproxy == nullptr) return nullptr;
  PENSTOCK_TRY(Place * place, at(haproxy->host));
  const std::lock_guard lock(mutex_);
  if (proxy_ == nullptr) proxy_ = make_proxy(spec_, parts_.pool, *place->host, *place->service);
  return proxy_.get();
}

Result<> Hosts::everywhere(const std::function<Result<>(Place&)>& what) {
  std::vector<std::future<Result<>>> calls;
  for (const HostSlots& slots : spec_.rollout.hosts) {
    PENSTOCK_TRY(Place * place, at(slots.host));
    calls.push_back(std::async(std::launch::async, [&what, place] { return what(*place); }));
  }
  Result<> outcome = success();
  for (std::future<Result<>>& call : calls) {
    Result<> one = call.get();
    if (outcome.ok() && !one.ok()) outcome = one;
  }
  return outcome;
}

Result<> Hosts::setup() {
  PENSTOCK_CHECK(everywhere([](Place& place) { return place.service->setup(); }));
  PENSTOCK_TRY(Proxy * haproxy, proxy());
  return haproxy == nullptr ? success() : haproxy->setup();
}

Result<std::vector<std::string>> Hosts::advice() {
  PENSTOCK_CHECK(proxy());  // its machine may have no instances
  std::vector<std::string> all;
  const std::lock_guard lock(mutex_);
  for (auto& [host, place] : places_) {
    PENSTOCK_TRY(std::string one, place.service->advice());
    if (!one.empty()) all.push_back(std::move(one));
  }
  return all;
}

/// At all hosts at a time, that of the proxy among them.
Result<int64_t> Hosts::raise_fence(const LeaseHolder& holder) {
  PENSTOCK_CHECK(proxy());
  std::mutex mutex;
  int64_t newest = holder.fence;
  const auto raise = [&](Place& place) -> Result<> {
    PENSTOCK_TRY(const int64_t found, place.host->raise_fence(holder));
    const std::lock_guard lock(mutex);
    newest = std::max(newest, found);
    return success();
  };
  PENSTOCK_CHECK(everywhere(raise));
  const auto* haproxy = std::get_if<HaproxySpec>(&spec_.traffic);
  const auto& hosts = spec_.rollout.hosts;
  if (haproxy == nullptr ||
      std::any_of(hosts.begin(), hosts.end(), [&](const auto& each) { return each.host == haproxy->host; }))
    return newest;
  PENSTOCK_TRY(Place * place, at(haproxy->host));
  PENSTOCK_CHECK(raise(*place));
  return newest;
}

std::optional<std::string> Hosts::refused_for() {
  const std::lock_guard lock(mutex_);
  for (auto& [host, place] : places_) {
    if (auto by = place.host->refused_for()) return by;
  }
  return std::nullopt;
}

Result<std::vector<Standing>> Hosts::observe() {
  std::mutex mutex;
  std::vector<Standing> standing;
  PENSTOCK_CHECK(everywhere([&](Place& place) -> Result<> {
    auto asked = std::async(std::launch::async, [&] { return place.service->programs(); });
    PENSTOCK_TRY(const std::vector<Instance> placed, placed_instances(*place.host));
    if (placed.empty()) return success();  // there may be no service manager before the set-up
    PENSTOCK_TRY(const auto programs, asked.get());
    const std::lock_guard lock(mutex);
    for (const Instance& instance : placed) {
      auto program = programs.find(program_name(instance.address));
      standing.push_back({instance, program != programs.end() && program->second, 0});
    }
    return success();
  }));
  PENSTOCK_TRY(Proxy * haproxy, proxy());
  if (haproxy != nullptr && !standing.empty()) {
    PENSTOCK_TRY(const auto shares, haproxy->shares());
    for (Standing& each : standing) {
      auto share = shares.find(each.instance.address);
      if (share != shares.end()) each.weight = share->second;
    }
  }
  std::sort(standing.begin(), standing.end(),
            [](const Standing& a, const Standing& b) { return a.instance.address < b.instance.address; });
  return standing;
}

Result<std::optional<HostInterpreter>> Hosts::interpreter(const std::string& host) {
  PENSTOCK_TRY(Place * place, at(host));
  {
    const std::lock_guard lock(mutex_);
    if (place->interpreter) return place->interpreter;
  }
  PENSTOCK_TRY(HostInterpreter found, host_interpreter(*place->host, spec_.application));
  const std::lock_guard lock(mutex_);
  return place->interpreter = std::move(found);
}

Result<> Hosts::prepare(const std::string& host, const Release& release) {
  PENSTOCK_TRY(Place * place, at(host));
  PENSTOCK_TRY(const ChosenArtifacts chosen, chosen_artifacts(spec_.application, release));
  std::optional<HostInterpreter> python;
  if (chosen.wheel) {
    PENSTOCK_TRY(python, interpreter(host));
  }
  PENSTOCK_CHECK(install(*place->host, spec_.application, release, parts_.blobs, python));
  return place->service->setup();  // its machine may have been started anew since
}

Result<> Hosts::start(const Instance& instance) {
  PENSTOCK_TRY(Place * place, at(instance.address.host));
  PENSTOCK_TRY(const Placed placed, place_instance(*place->host, spec_.application, instance, parts_.secrets));
  if (!placed.changed) {
    PENSTOCK_TRY(const auto programs, place->service->programs());
    auto program = programs.find(placed.program.name);
    if (program != programs.end() && program->second) return success();
  }
  return place->service->start(placed.program);
}

Result<> Hosts::stop(const Instance& instance) {
  PENSTOCK_TRY(Place * place, at(instance.address.host));
  PENSTOCK_CHECK(place->service->stop(program_name(instance.address)));
  return remove_instance(*place->host, instance.address);
}

Result<ProbeResult> Hosts::probe(const Instance& instance, const Probe& probe, Duration timeout) {
  PENSTOCK_TRY(Place * place, at(instance.address.host));
  const std::string port = std::to_string(instance.address.port);
  if (const auto* command = std::get_if<Probe::Command>(&probe.what)) {
    Result<std::string> done = run_command(*place->host, command->command, facts_of(instance));
    return ProbeResult{done.ok(), done.ok() ? last_line(*done) : done.error().message};
  }
  PENSTOCK_TRY(const Endpoint end, place->host->shell().reach_port(instance.address.port));
  const ProbePlace where{end.socket, "127.0.0.1", instance.address.port};
  if (const auto* http = std::get_if<Probe::Http>(&probe.what)) return probe_http(*http, where, timeout);
  if (end.socket.empty()) return probe_tcp(where, timeout);
  PENSTOCK_TRY(const bool listens, port_listens(*place->host, instance.address.port));
  return ProbeResult{listens, listens ? "port " + port + " answers" : "nobody listens on port " + port};
}

Result<> Hosts::shift(const TrafficSplit& split) {
  PENSTOCK_TRY(Proxy * haproxy, proxy());
  if (haproxy == nullptr) return success();
  return haproxy->shift(split);
}

Result<std::optional<int>> Hosts::open_requests(const Instance& instance) {
  PENSTOCK_TRY(Proxy * haproxy, proxy());
  if (haproxy == nullptr) return std::optional<int>();
  PENSTOCK_TRY(const int open, haproxy->open_requests(instance.address));
  return std::optional(open);
}

Result<std::string> Hosts::last_log(const Instance& instance, int lines) {
  PENSTOCK_TRY(Place * place, at(instance.address.host));
  return place->service->last_log(program_name(instance.address), lines);
}

Result<> Hosts::follow_log(const Instance& instance, std::stop_token stop,
                           const std::function<bool(std::string_view)>& line) {
  PENSTOCK_TRY(Place * place, at(instance.address.host));
  return place->service->follow_log(program_name(instance.address), std::move(stop), line);
}

Result<> Hosts::tidy(const std::string& host, const std::vector<std::string>& keep_releases) {
  PENSTOCK_TRY(Place * place, at(host));
  return tidy_releases(*place->host, keep_releases);
}

Result<> Hosts::watch_requests(std::stop_token stop, const std::function<void(const ServedRequest&)>& on_request) {
  PENSTOCK_TRY(Proxy * haproxy, proxy());
  if (haproxy == nullptr) {
    return Error{Fault::user, "no proxy counts the requests of " + quoted(spec_.name),
                 "name one with `traffic: {haproxy: …}`, or take the metrics from elsewhere"};
  }
  return haproxy->watch_requests(std::move(stop), on_request);
}

Result<int> Hosts::attend(const Instance& instance, const std::string& command, std::stop_token stop,
                          const AttendedOutput& printed) {
  PENSTOCK_TRY(Place * place, at(instance.address.host));
  auto facts = facts_of(instance);
  facts.emplace_back("ENVIRONMENT", spec_.name);
  return attend_command(*place->host, command, facts, std::move(stop), printed);
}

Result<std::string> Hosts::run(const std::string& host, const std::string& command,
                               const std::vector<std::pair<std::string, std::string>>& variables) {
  PENSTOCK_TRY(Place * place, at(host));
  return run_command(*place->host, command, variables);
}

}  // namespace

std::unique_ptr<TargetOnHosts> make_hosts_target(HostsTargetParts parts) {
  return std::make_unique<Hosts>(std::move(parts));
}

}  // namespace penstock
