#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "delivery/target.h"
#include "os/files.h"
#include "os/process.h"

namespace penstock {

/// A target for tests whose instances are real processes on this machine: small HTTP servers that answer `/healthz`
/// with 200 and their release. Every host of it is this machine. Its proxy is a variable. It can be told to misbehave,
/// and records what was asked of it.
class ProcessTarget final : public Target {
 public:
  ProcessTarget();

  /// Called at the start of each call with its name and host (`start web1`): to delay it, or to make it fail.
  std::function<Result<>(const std::string& call)> before = [](const std::string&) { return success(); };
  std::atomic<int> open = 0;          ///< What open_requests says.
  std::atomic<int64_t> fence = 0;     ///< The newest that it has seen.
  std::atomic<bool> is_bobs = false;  ///< It refuses for "bob on desk".

  [[nodiscard]] std::vector<std::string> calls();
  [[nodiscard]] TrafficSplit split();
  /// How an HTTP answer of an instance looks from now on: `200`, `503`, or `hang`.
  void set_answer(const InstanceAddress& address, const std::string& answer);
  void serve(const ServedRequest& request);
  /// Ports that nobody listens on now.
  static std::vector<int> free_ports(size_t count);

  Result<int64_t> raise_fence(const LeaseHolder& holder) override;
  [[nodiscard]] std::optional<std::string> refused_for() override;
  Result<std::vector<rollout_event::Observed::Standing>> observe() override;
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
  Result<int> attend(const Instance&, const std::string&, std::stop_token, const AttendedOutput&) override { return 0; }
  Result<std::string> run(const std::string& host, const std::string& command,
                          const std::vector<std::pair<std::string, std::string>>& variables) override;

 private:
  Result<> note(const std::string& call);
  std::filesystem::path answer_file(const InstanceAddress& address) const;

  struct Running {
    Instance instance;
    os::Process process;
  };
  os::TempFolder folder_;
  std::mutex mutex_;
  std::vector<std::string> calls_;
  TrafficSplit split_;
  std::map<InstanceAddress, Running> running_;
  std::function<void(const ServedRequest&)> on_request_;
};

}  // namespace penstock
