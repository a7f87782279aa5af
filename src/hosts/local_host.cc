#include "hosts/local_host.h"

#include "hosts/run_script.h"
#include "os/environment.h"
#include "os/machine.h"

namespace penstock {
namespace {

os::Environment login_environment() {
  const os::User user = os::current_user();
  os::Environment environment{{"HOME", user.home.string()}, {"USER", user.name}, {"LOGNAME", user.name}};
  for (const char* name :
       {"PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "DBUS_SESSION_BUS_ADDRESS"}) {
    if (auto value = os::environment_variable(name)) environment[name] = *value;
  }
  return environment;
}

class LocalHost final : public HostShell {
 public:
  [[nodiscard]] const std::string& host() const override { return name_; }

  Result<os::RunResult> run(const HostScript& script) override {
    Result<ScriptRun> run = run_script(start_, script);
    if (!run.ok()) return about(run.error());
    return std::move(run->result);
  }

  Result<std::optional<os::ExitStatus>> attend(const HostScript& script, std::stop_token stop,
                                               const PrintedTo& printed) override {
    Result<AttendedScript> done = attend_script(start_, script, stop, printed);
    if (!done.ok()) return about(done.error());
    return done->status;
  }

  Result<Endpoint> reach_port(int port) override { return Endpoint{"", port}; }
  Result<Endpoint> reach_socket(const std::string& path) override { return Endpoint{path, 0}; }
  Result<std::string> address() override { return std::string("127.0.0.1"); }

 private:
  static Error about(Error error) {
    error.message = "local: " + error.message;
    return error;
  }

  const std::string name_ = "local";
  const ScriptStart start_{{"/bin/sh", "-c"}, login_environment()};
};

}  // namespace

std::shared_ptr<HostShell> make_local_host() { return std::make_shared<LocalHost>(); }

}  // namespace penstock
