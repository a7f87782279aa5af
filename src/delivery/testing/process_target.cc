#include "delivery/testing/process_target.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <condition_variable>
#include <stdexcept>
#include <utility>

#include "delivery/ledger.h"
#include "delivery/probe.h"

namespace penstock {
namespace {

/// Answers each request by what its file says: a status, or `hang`.
constexpr const char* kInstance = R"(
import socket, sys, threading
port, release, answer = int(sys.argv[1]), sys.argv[2], sys.argv[3]
def serve(client):
    client.recv(65536)
    try:
        with open(answer) as file: status = file.read().strip()
    except FileNotFoundError: status = '200'
    if status == 'hang':
        client.recv(1)
    else:
        body = release.encode()
        client.sendall(b'HTTP/1.1 %s X\r\nContent-Length: %d\r\n\r\n%s' % (status.encode(), len(body), body))
    client.close()
listener = socket.create_server(('127.0.0.1', port), backlog=64)
while True:
    client, _ = listener.accept()
    threading.Thread(target=serve, args=(client,), daemon=True).start()
)";

os::TempFolder new_folder() {
  Result<os::TempFolder> folder = os::TempFolder::make();
  if (!folder.ok()) throw std::runtime_error(folder.error().message);
  return std::move(*folder);
}

}  // namespace

ProcessTarget::ProcessTarget() : folder_(new_folder()) {}

std::vector<int> ProcessTarget::free_ports(size_t count) {
  std::vector<os::UniqueFd> held;
  std::vector<int> ports;
  while (ports.size() < count) {
    os::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) throw std::runtime_error("no free port");
    (void)::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
    ports.push_back(ntohs(address.sin_port));
    held.push_back(std::move(fd));
  }
  return ports;
}

std::vector<std::string> ProcessTarget::calls() {
  const std::lock_guard lock(mutex_);
  return calls_;
}

TrafficSplit ProcessTarget::split() {
  const std::lock_guard lock(mutex_);
  return split_;
}

std::filesystem::path ProcessTarget::answer_file(const InstanceAddress& address) const {
  return folder_.path() / std::to_string(address.port);
}

void ProcessTarget::set_answer(const InstanceAddress& address, const std::string& answer) {
  (void)os::write_atomically(answer_file(address), answer);
}

void ProcessTarget::serve(const ServedRequest& request) {
  const std::lock_guard lock(mutex_);
  if (on_request_) on_request_(request);
}

Result<> ProcessTarget::note(const std::string& call) {
  {
    const std::lock_guard lock(mutex_);
    calls_.push_back(call);
  }
  return before(call);
}

Result<int64_t> ProcessTarget::raise_fence(const LeaseHolder& holder) {
  if (fence < holder.fence) fence = holder.fence;
  return fence.load();
}

std::optional<std::string> ProcessTarget::refused_for() {
  return is_bobs ? std::optional<std::string>("bob on desk") : std::nullopt;
}

Result<std::vector<rollout_event::Observed::Standing>> ProcessTarget::observe() {
  PENSTOCK_CHECK(note("observe"));
  const std::lock_guard lock(mutex_);
  std::vector<rollout_event::Observed::Standing> standing;
  for (const auto& [address, running] : running_) {
    int weight = 0;
    for (const TrafficSplit::Share& share : split_.shares) {
      if (share.address == address) weight = share.weight;
    }
    standing.push_back({running.instance, true, weight});
  }
  return standing;
}

Result<std::optional<HostInterpreter>> ProcessTarget::interpreter(const std::string&) {
  return std::optional<HostInterpreter>();
}

Result<> ProcessTarget::prepare(const std::string& host, const Release&) { return note("prepare " + host); }

Result<> ProcessTarget::start(const Instance& instance) {
  PENSTOCK_CHECK(note("start " + instance.address.host));
  const std::lock_guard lock(mutex_);
  if (running_.contains(instance.address)) return success();
  PENSTOCK_TRY(os::Process process,
               os::Process::start({"python3", "-S", "-c", kInstance, std::to_string(instance.address.port),
                                   instance.release, answer_file(instance.address)},
                                  {}));
  running_.insert_or_assign(instance.address, Running{instance, std::move(process)});
  return success();
}

Result<> ProcessTarget::stop(const Instance& instance) {
  PENSTOCK_CHECK(note("stop " + instance.address.host));
  const std::lock_guard lock(mutex_);
  running_.erase(instance.address);  // kills it and waits
  return success();
}

Result<ProbeResult> ProcessTarget::probe(const Instance& instance, const Probe& probe, Duration timeout) {
  ProbePlace place;
  place.port = instance.address.port;
  if (const auto* http = std::get_if<Probe::Http>(&probe.what)) return probe_http(*http, place, timeout);
  return probe_tcp(place, timeout);
}

Result<> ProcessTarget::shift(const TrafficSplit& split) {
  PENSTOCK_CHECK(note("shift"));
  const std::lock_guard lock(mutex_);
  split_ = split;
  return success();
}

Result<std::optional<int>> ProcessTarget::open_requests(const Instance& instance) {
  PENSTOCK_CHECK(note("open_requests " + instance.address.host));
  return std::optional<int>(open.load());
}

Result<std::string> ProcessTarget::last_log(const Instance& instance, int) {
  PENSTOCK_CHECK(before("last_log " + instance.address.host));
  return "last words of " + instance.address.host;
}

Result<> ProcessTarget::follow_log(const Instance&, std::stop_token, const std::function<bool(std::string_view)>&) {
  return success();
}

Result<> ProcessTarget::tidy(const std::string& host, const std::vector<std::string>& keep_releases) {
  std::string call = "tidy " + host;
  for (const std::string& release : keep_releases) call += " " + release;
  return note(call);
}

Result<> ProcessTarget::watch_requests(std::stop_token stop,
                                       const std::function<void(const ServedRequest&)>& on_request) {
  {
    const std::lock_guard lock(mutex_);
    on_request_ = on_request;
  }
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, stop, [] { return false; });
  const std::lock_guard done(mutex_);
  on_request_ = {};
  return success();
}

Result<std::string> ProcessTarget::run(const std::string&, const std::string&,
                                       const std::vector<std::pair<std::string, std::string>>&) {
  return Error{Fault::user, "not in tests", ""};
}

}  // namespace penstock
