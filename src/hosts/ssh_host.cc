#include "hosts/ssh_host.h"

#include <map>
#include <mutex>
#include <semaphore>

#include "hosts/run_script.h"
#include "hosts/ssh_connection.h"

namespace penstock {
namespace {

constexpr int kSshFailed = 255;  // ssh(1): its own exit status where something is wrong with the connection
/// sshd allows ten sessions a connection (MaxSessions). One is ours already; logs and the like that are followed take
/// some for long.
constexpr int kSessions = 6;

class SshHost final : public HostShell {
 public:
  SshHost(std::string name, const std::vector<std::string>& options, const std::filesystem::path& folder,
          std::function<void(const std::string&)> on_slow)
      : name_(std::move(name)), connection_(name_, options, folder, std::move(on_slow)) {}

  [[nodiscard]] const std::string& host() const override { return name_; }

  Result<os::RunResult> run(const HostScript& script) override {
    PENSTOCK_CHECK(connection_.ensure());
    sessions_.acquire();
    Result<ScriptRun> run = run_script({connection_.session(), {}}, script);
    sessions_.release();
    if (!run.ok()) return about(run.error());
    if (!run->reached || run->result.status.code == kSshFailed) {
      return connection_.unreachable(run->result.errors.empty() ? "the connection ended" : run->result.errors);
    }
    return std::move(run->result);
  }

  Result<std::optional<os::ExitStatus>> attend(const HostScript& script, std::stop_token stop,
                                               const PrintedTo& printed) override {
    PENSTOCK_CHECK(connection_.ensure());
    Result<AttendedScript> done = attend_script({connection_.session(), {}}, script, stop, printed);
    if (!done.ok()) return about(done.error());
    if (done->status && !done->reached)
      return connection_.unreachable(done->errors.empty() ? "the connection ended" : done->errors);
    return done->status;
  }

  Result<Endpoint> reach_port(int port) override { return reach("127.0.0.1:" + std::to_string(port)); }
  Result<Endpoint> reach_socket(const std::string& path) override { return reach(path); }

  Result<std::string> address() override {
    {
      const std::lock_guard lock(mutex_);
      if (!address_.empty()) return address_;
    }
    // sshd knows at which of its addresses it was reached: "client port address port".
    PENSTOCK_TRY(std::string found,
                 must("can't find its address", {.text = "set -- $SSH_CONNECTION\nprintf %s \"$3\"\n"}));
    if (found.empty()) return Error{Fault::machine, name_ + " doesn't tell its address (no SSH_CONNECTION)", ""};
    const std::lock_guard lock(mutex_);
    return address_ = std::move(found);
  }

 private:
  Result<Endpoint> reach(const std::string& remote) {
    PENSTOCK_TRY(const int connection, connection_.ensure());
    const std::lock_guard lock(mutex_);
    if (connection != forwarded_by_) forwards_.clear();
    forwarded_by_ = connection;
    auto [known, is_new] = forwards_.try_emplace(remote);
    if (!is_new) return Endpoint{known->second, 0};
    const std::string local = (connection_.folder() / std::to_string(forwards_.size())).string();
    if (Result<> done = connection_.forward(local, remote); !done.ok()) {
      forwards_.erase(known);
      return done.error();
    }
    known->second = local;
    return Endpoint{local, 0};
  }

  Error about(Error error) const {
    error.message = name_ + ": " + error.message;
    return error;
  }

  const std::string name_;
  SshConnection connection_;
  std::counting_semaphore<kSessions> sessions_{kSessions};
  std::mutex mutex_;
  std::map<std::string, std::string> forwards_;  // what is reached there → the socket here
  int forwarded_by_ = 0;                         // the connection's number
  std::string address_;
};

}  // namespace

std::shared_ptr<HostShell> make_ssh_host(const std::string& name, const std::vector<std::string>& options,
                                         const std::filesystem::path& folder,
                                         std::function<void(const std::string&)> on_slow) {
  return std::make_shared<SshHost>(name, options, folder, std::move(on_slow));
}

}  // namespace penstock
