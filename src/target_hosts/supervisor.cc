#include "target_hosts/supervisor.h"

#include <sstream>

#include "base/shell_quote.h"
#include "base/words.h"
#include "hosts/environment_folder.h"
#include "net/http.h"
#include "target_hosts/environment_host.h"
#include "target_hosts/talk.h"
#include "target_hosts/xml_rpc.h"

namespace penstock {
namespace {

constexpr const char* kRuns = R"sh(supervisor_runs() {
  pid=$(cat supervisor/pid 2>/dev/null || true)
  [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "$folder/supervisor/conf"
}
)sh";
constexpr const char* kSetup = R"sh(
command -v supervisord >/dev/null || { echo "supervisor is not installed; on Debian: apt install supervisor" >&2; exit 1; }
[ ${#folder} -lt 80 ] || { echo "$folder is too long for the path of a socket: name a shorter folder" >&2; exit 1; }
mkdir -p supervisor/programs log
exec 9>>supervisor/lock
flock 9
cat >supervisor/conf.new <<CONF
; Written by ci env setup.
[supervisord]
logfile=$folder/log/supervisord.log
logfile_maxbytes=10MB
logfile_backups=2
pidfile=$folder/supervisor/pid
childlogdir=$folder/log
directory=$folder
[unix_http_server]
file=$folder/supervisor/socket
chmod=0700
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://$folder/supervisor/socket
[include]
files=$folder/supervisor/programs/*.conf
CONF
mv -f supervisor/conf.new supervisor/conf
if supervisor_runs; then exit; fi
rm -f supervisor/socket
supervisord -c "$folder/supervisor/conf" 8>&- 9>&- >&2
i=0
while [ ! -S supervisor/socket ]; do
  i=$((i + 1))
  [ $i -lt 100 ] || { tail -n 1 log/supervisord.log >&2; exit 1; }
  sleep 0.1
done
)sh";

/// `call SIZE FAULT…`: the next so many bytes of our input are a request to supervisor; these faults are as good as a
/// yes.
constexpr const char* kCall = R"sh(request=supervisor/request.$$
trap 'rm -f "$request" "$request.part"' EXIT
call() {
  receive "$request" "$1"
  shift
  answer=$(talk supervisor/socket 600 <"$request") || { echo "supervisor doesn't answer" >&2; exit 1; }
  case $answer in *"<fault>"*) ;; *"<methodResponse>"*) return 0 ;; esac
  code=$(printf %s "$answer" | tr -d ' \r\n' | sed -n 's/.*<name>faultCode<.name><value><int>\([0-9]*\)<.*/\1/p')
  for fault; do [ "$fault" != "$code" ] || return 0; done
  echo "supervisor refuses: $(printf %s "$answer" | sed -n 's/.*<string>\(.*\)<.string>.*/\1/p')" >&2
  exit 1
}
)sh";
/// `$1`: the program's name; then bytes of what ends one of that name (two calls), of what it runs and of its
/// configuration, and of what starts it (two calls). Faults: a bad name, not running, already added.
constexpr const char* kStart = R"sh(call "$2" 10 70
call "$3" 10
receive "supervisor/programs/$1.sh" "$4"
receive "supervisor/programs/$1.conf" "$5"
echo "-- started by ci" >>"log/$1.log"
call "$6"
call "$7" 90
)sh";
/// `$1`: the program's name, then bytes of two calls. Without supervisor its programs have gone with it.
constexpr const char* kStop = R"sh(if supervisor_runs; then
  call "$2" 10 70
  call "$3" 10
fi
rm -f "supervisor/programs/$1.conf" "supervisor/programs/$1.sh"
)sh";
constexpr const char* kSignal = R"sh(call "$1"
)sh";
/// What earlier programs of that name left in the file is none of its lines, and all there is of one that wasn't
/// started.
constexpr const char* kLastLog = R"sh([ -f "log/$1.log" ] && [ -f "supervisor/programs/$1.conf" ] || exit 0
mark=$(grep -an '^-- started by ci$' "log/$1.log" | tail -n 1 | cut -d : -f 1)
tail -n "+$((${mark:-0} + 1))" "log/$1.log" | tail -n "$2"
)sh";
/// The listener is gone when its end of our input is.
constexpr const char* kFollow = R"sh(touch "log/$1.log"
tail -n 0 -F "log/$1.log" 2>/dev/null &
trap 'kill $! 2>/dev/null' EXIT
cat >/dev/null
)sh";

/// $1: the name of a unit. Says with which command supervisor is started with the machine, where nothing does that yet.
/// Nothing is changed but a unit's text in our own folder: which services a machine starts is its owner's to say.
constexpr const char* kAdvice = R"sh(conf=$folder/supervisor/conf
if [ "$(id -u)" = 0 ]; then
  manage() { systemctl "$@"; }
  wanted=multi-user.target enable='systemctl enable' linger=
else
  export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"
  manage() { systemctl --user "$@"; }
  wanted=default.target enable='systemctl --user enable' linger=$(id -un)
  [ ! -e "/var/lib/systemd/linger/$linger" ] || linger=
fi
if [ -d /run/systemd/system ] && manage list-units --no-legend >/dev/null 2>&1; then
  enabled=$(manage is-enabled "$1" 2>/dev/null || true)
  [ "$enabled" != enabled ] && [ "$enabled" != linked ] || enable=
  printf '%s\n' '# Written by ci env setup.' '[Unit]' "Description=supervisor of $folder" 'After=network.target' '[Service]' \
    "ExecStart=$(command -v supervisord) --nodaemon --configuration $conf" 'Restart=on-failure' '[Install]' "WantedBy=$wanted" >"supervisor/$1"
  [ -z "$enable" ] || echo "$enable $folder/supervisor/$1"
  [ -z "$linger" ] || echo "as root: loginctl enable-linger $linger"
elif command -v crontab >/dev/null && { pgrep -x cron || pgrep -x crond; } >/dev/null 2>&1; then
  ! crontab -l 2>/dev/null | grep -qF "$conf" || exit 0
  echo "(crontab -l 2>/dev/null; echo '@reboot $(command -v supervisord) --configuration $conf') | crontab -"
else
  echo -
fi
)sh";

class Supervisor final : public ServiceManager {
 public:
  Supervisor(EnvironmentHost& host, const std::string& environment)
      : host_(host), unit_("penstock-" + folder_name(environment) + "-supervisor.service") {}

  Result<> setup() override {
    PENSTOCK_CHECK(host_.must("can't start supervisor", {.text = std::string(kRuns) + kSetup, .changes = true}));
    return success();
  }

  Result<std::string> advice() override {
    PENSTOCK_TRY(const std::string said,
                 host_.must("can't see what starts with the machine", {.text = kAdvice, .arguments = {unit_}}));
    if (said.empty()) return std::string();
    const std::string what = host_.name() + " doesn't start supervisor, and so the instances, with the machine; ";
    if (said == "-\n")
      return what + "there is neither systemd nor cron to do that: after a start run ci env setup again";
    std::string advice = what + "for that, run there:";
    std::istringstream commands(said);
    for (std::string command; std::getline(commands, command);) advice += "\n  " + command;
    return advice;
  }

  /// A host that has only just been named, or was started anew, has no supervisor yet: it needs no root to start one.
  Result<> start(const Program& program) override {
    PENSTOCK_TRY(const bool up, runs());
    if (!up) PENSTOCK_CHECK(setup());
    PENSTOCK_TRY(const std::string folder, host_.folder());
    return change("can't start " + program.name, kStart, program.name,
                  {request("stopProcess", {program.name, true}), request("removeProcessGroup", {program.name}),
                   script_of(program), configuration_of(program, folder), request("reloadConfig", {}),
                   request("addProcessGroup", {program.name})});
  }

  Result<> stop(const std::string& name) override {
    return change("can't stop " + name, kStop, name,
                  {request("stopProcess", {name, true}), request("removeProcessGroup", {name})});
  }

  Result<> signal(const std::string& name, const std::string& signal) override {
    return change("can't reach " + name, kSignal, {}, {request("signalProcess", {name, signal})});
  }

  Result<std::map<std::string, bool>> programs() override {
    PENSTOCK_TRY(const XmlRpcAnswer answer, ask("getAllProcessInfo"));
    std::map<std::string, bool> programs;
    for (const XmlRpcValue& program : answer.value.items) {
      const std::string& state = program.member("statename");
      programs[program.member("name")] = state == "RUNNING" || state == "STARTING" || state == "STOPPING";
    }
    return programs;
  }

  Result<std::string> last_log(const std::string& name, int lines) override {
    return host_.must("can't read the log", {.text = kLastLog, .arguments = {name, std::to_string(lines)}});
  }

  Result<> follow_log(const std::string& name, std::stop_token stop,
                      const std::function<bool(std::string_view)>& line) override {
    return host_.shell().follow(host_.host_script({.text = kFollow, .arguments = {name}}), std::move(stop), line);
  }

 private:
  Result<bool> runs() {
    PENSTOCK_TRY(const std::string said,
                 host_.must("can't look for supervisor",
                            {.text = std::string(kRuns) + "if supervisor_runs; then echo up; fi\n"}));
    return !said.empty();
  }

  /// Runs a script whose input is these parts; their sizes are its arguments, behind the program's name where it has
  /// one.
  Result<> change(const std::string& what, const char* text, const std::string& name,
                  const std::vector<std::string>& parts) {
    EnvironmentHost::Script script{
        .text = std::string(kTalk) + kRuns + kCall + text, .timeout = std::chrono::minutes(10), .changes = true};
    if (!name.empty()) script.arguments.push_back(name);
    for (const std::string& part : parts) {
      script.arguments.push_back(std::to_string(part.size()));
      script.input += part;
    }
    PENSTOCK_CHECK(host_.must(what, script));
    return success();
  }

  static std::string request(const std::string& method, const std::vector<XmlRpcArgument>& arguments) {
    const std::string body = xml_rpc_call("supervisor." + method, arguments);
    return "POST /RPC2 HTTP/1.0\r\nHost: supervisor\r\nContent-Type: text/xml\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  static std::string script_of(const Program& program) {
    std::string script;
    if (!program.variables_file.empty()) script += "set -a\n. " + single_quoted(program.variables_file) + "\nset +a\n";
    if (!program.secrets.empty()) {
      script += "CREDENTIALS_DIRECTORY=" + single_quoted(program.secrets_folder) + "\nexport CREDENTIALS_DIRECTORY\n";
    }
    return script + "exec /bin/sh " + single_quoted(program.script) + "\n";
  }

  static std::string configuration_of(const Program& program, const std::string& folder) {
    const std::string seconds = std::to_string(std::chrono::ceil<std::chrono::seconds>(program.stop_within).count());
    return "[program:" + program.name + "]\ncommand=/bin/sh " +
           doubled_percents(single_quoted(folder + "/supervisor/programs/" + program.name + ".sh")) +
           "\ndirectory=" + doubled_percents(folder) +
           "\nautorestart=true\nstartsecs=1\nstartretries=100\nstopsignal=" + program.stop_signal +
           "\nstopwaitsecs=" + seconds + (program.shell_stays ? "\nstopasgroup=true" : "") +
           "\nkillasgroup=true\nstdout_logfile=" + doubled_percents(folder) + "/log/" + program.name +
           ".log\nstdout_logfile_maxbytes=10MB\nstdout_logfile_backups=2\nredirect_stderr=true\n";
  }

  Result<XmlRpcAnswer> ask(const std::string& method) {
    PENSTOCK_TRY(const std::string folder, host_.folder());
    PENSTOCK_TRY(const Endpoint end, host_.shell().reach_socket(folder + "/supervisor/socket"));
    net::HttpRequest request;
    request.method = "POST";
    request.url = "http://supervisor/RPC2";
    request.unix_socket = end.socket;
    request.headers = {{"Content-Type", "text/xml"}};
    request.body = xml_rpc_call("supervisor." + method, {});
    request.body_limit = size_t{16} << 20;
    request.timeout = std::chrono::seconds(30);
    Result<net::HttpResponse> response = net::exchange_directly(request);
    if (!response.ok()) {
      return Error{Fault::machine, host_.name() + ": supervisor doesn't answer: " + response.error().message,
                   "start it with: ci env setup"};
    }
    Result<XmlRpcAnswer> answer = parse_xml_rpc(response->body);
    if (!answer.ok()) {
      return Error{Fault::machine, host_.name() + ": supervisor gave " + answer.error().message, ""};
    }
    if (answer->fault == 0) return answer;
    return Error{Fault::machine, host_.name() + ": supervisor refuses " + method + ": " + answer->fault_text, ""};
  }

  EnvironmentHost& host_;
  std::string unit_;
};

}  // namespace

std::unique_ptr<ServiceManager> make_supervisor(EnvironmentHost& host, const std::string& environment) {
  return std::make_unique<Supervisor>(host, environment);
}

}  // namespace penstock
