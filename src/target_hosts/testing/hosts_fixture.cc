#include "target_hosts/testing/hosts_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <sstream>
#include <thread>

#include "os/machine.h"
#include "os/process.h"
#include "os/unique_fd.h"

namespace penstock {
namespace {

constexpr const char* kServer = R"py(import http.server, json, os, signal, sys, time, urllib.parse
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        query = urllib.parse.parse_qs(url.query)
        time.sleep(float(query.get("sleep", ["0"])[0]))
        facts = {name: os.environ.get(name, "") for name in ("RELEASE", "PORT", "INSTANCE", "GREETING")}
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        facts["secret"] = open(folder + "/token").read() if folder else ""
        status = dict(line.split(":\t") for line in open("/proc/self/status") if ":\t" in line)
        facts["confined"] = [os.getuid(), status["NoNewPrivs"].strip(), os.access("/etc/hostname", os.W_OK)]
        facts["shown"] = open("/proc/self/environ").read() + open("/proc/self/cmdline").read() if "shown" in query else ""
        body = json.dumps(facts).encode()
        self.send_response(int(query.get("status", ["200"])[0]))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, format, *args):
        print("served", self.path, flush=True)
def main():
    print("listening on", os.environ["PORT"], flush=True)
    server = http.server.ThreadingHTTPServer((os.environ.get("LISTEN", "127.0.0.1"), int(os.environ["PORT"])), Handler)
    server.serve_forever()
)py";

constexpr const char* kMakeWheel = R"py(import sys, zipfile
name, version, requires, module, path, script = sys.argv[1:]
info = f"{name}-{version}.dist-info"
with zipfile.ZipFile(path, "w") as wheel:
    for file, text in {
        f"{name}.py": module,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + requires,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\nrun-{name} = {name}:main\n",
        **({f"{name}-{version}.data/scripts/script-{name}": script} if script else {}),
        f"{info}/RECORD": "",
    }.items():
        entry = zipfile.ZipInfo(file, (2026, 1, 1, 0, 0, 0))
        entry.external_attr = (0o100755 if "/scripts/" in file else 0o100644) << 16
        wheel.writestr(entry, text)
)py";

constexpr int kFirstPort = 20000;
constexpr int kPorts = 10000;

/// No other test program gets this port while what comes back is open; nothing where another one has it.
os::UniqueFd claim_port(int port) {
  os::UniqueFd claim(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un name{};  // of no file: it goes with the process
  name.sun_family = AF_UNIX;
  const std::string text = "penstock-test-port-" + std::to_string(port);
  text.copy(name.sun_path + 1, text.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  if (::bind(claim.get(), reinterpret_cast<sockaddr*>(&name), size) != 0) return {};
  return claim;
}

bool nobody_listens(int port) {
  const os::UniqueFd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return ::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

std::vector<int> free_ports(size_t count) {
  static std::vector<os::UniqueFd> claims;  // until this process ends
  // Not where the kernel takes ports for connections from, and not where another test program begins.
  static int next = kFirstPort + ::getpid() * 97 % kPorts;
  std::vector<int> ports;
  for (int tried = 0; ports.size() < count && tried < kPorts; ++tried) {
    const int port = kFirstPort + (next++ - kFirstPort) % kPorts;
    os::UniqueFd claim = claim_port(port);
    if (!claim || !nobody_listens(port)) continue;
    claims.push_back(std::move(claim));
    ports.push_back(port);
  }
  return ports;
}

bool has_program(const std::string& name) {
  return os::find_program(name, os::environment_variable("PATH").value_or("") + ":/usr/sbin:/sbin").has_value();
}

bool eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

void HostsFixture::SetUp() {
  for (const char* program : {"supervisord", "haproxy", "python3"}) {
    if (!has_program(program)) GTEST_SKIP() << program << " is not installed here";
  }
  blobs_ = open_folder_blob_store(folder_.path() / "blobs").value();
  std::vector<int> ports = free_ports(5);
  front_ = ports[0];
  preview_ = ports[1];
  ports_ = {ports[2], ports[3], ports[4]};
  spec_.name = "production";
  HostsTarget target;
  target.service = HostsTarget::Service::supervisor;
  target.folder = (folder_.path() / "env").string();
  spec_.target = target;
  spec_.application.run = "python3 -c 'import serve; serve.main()'";
  spec_.application.variables = {{"GREETING", "it's \"$HOME\" `x` \\ 100%"}};
  spec_.application.stop_within = std::chrono::seconds(5);
  spec_.readiness.what = Probe::Http{};
  spec_.rollout.hosts = {{"local", ports_}};
  HaproxySpec haproxy;
  haproxy.host = "local";
  haproxy.listen = "127.0.0.1:" + std::to_string(front_);
  haproxy.preview = "127.0.0.1:" + std::to_string(preview_);
  spec_.traffic = haproxy;
  secrets_ = {{"token", "s3cret-value"}};
  open();
}

void HostsFixture::open() { target_ = make_hosts_target({spec_, *pool_, *blobs_, secrets_}); }

int HostsFixture::supervisor_pid() const {
  Result<std::optional<std::string>> text = os::read_file_if_exists(folder_.path() / "env" / "supervisor" / "pid");
  return text.ok() && text->has_value() ? std::stoi(**text) : 0;
}

bool HostsFixture::kill_programs(const std::string& part) const {
  Result<os::RunResult> found = os::run({"pgrep", "-f", "-P", std::to_string(supervisor_pid()), part});
  std::istringstream pids(found.ok() ? found->output : "");
  bool any = false;
  for (int pid = 0; pids >> pid; any = true) ::kill(-pid, SIGKILL);  // each leads a group
  return any;
}

void HostsFixture::TearDown() {
  const int pid = supervisor_pid();
  if (pid == 0) return;
  ::kill(pid, SIGSTOP);  // or it would start them again
  (void)kill_programs("");
  ::kill(pid, SIGKILL);
  EXPECT_TRUE(eventually([&] { return ::kill(pid, 0) != 0; }));
}

ReleaseFile HostsFixture::keep(const std::string& name, const std::string& content) {
  return {name, put(*blobs_, content).value(), content.size()};
}

Release HostsFixture::release_of(const std::string& name, std::vector<ReleaseFile> files) {
  Release release;
  release.name = name;
  release.commit = std::string(40, 'c');
  release.artifacts = std::move(files);
  release.id = release_id(release.commit, release.artifacts);
  return release;
}

Release HostsFixture::script_release(const std::string& version) {
  return release_of("serve-" + version, {keep("serve.py", kServer + ("# " + version) + "\n")});
}

Release HostsFixture::wheel_release(const std::string& version, const std::string& script) {
  auto wheel = [&](const std::string& name, const std::string& of, const std::string& requires_,
                   const std::string& module, const std::string& own_script) {
    const std::string file = name + "-" + of + "-py3-none-any.whl";
    const std::string path = (folder_.path() / file).string();
    EXPECT_TRUE(os::run({"python3", "-c", kMakeWheel, name, of, requires_, module, path, own_script})->status.ok());
    return keep(file, os::read_file(path).value());
  };
  Release release = release_of(
      "app-" + version, {wheel("app", version, "Requires-Dist: serve>=1\n", "from serve import main\n", script)});
  release.dependencies.push_back({target_->interpreter(spec_.rollout.hosts.front().host).value()->tag,
                                  {wheel("serve", "1.2", "", kServer, "")},
                                  {}});
  return release;
}

Instance HostsFixture::instance(size_t slot, const Release& release, InstanceGroup group) const {
  return {{"local", ports_[slot]}, release.id, group};
}

void HostsFixture::bring_up(const Instance& instance, const Release& release) {
  Result<> prepared = target_->prepare(instance.address.host, release);
  ASSERT_TRUE(prepared.ok()) << prepared.error().message;
  Result<> started = target_->start(instance);
  ASSERT_TRUE(started.ok()) << started.error().message;
  ASSERT_TRUE(eventually([&] {
    Result<ProbeResult> probed = target_->probe(instance, spec_.readiness, std::chrono::seconds(2));
    return probed.ok() && probed->ok;
  })) << target_->last_log(instance, 20).value();
}

std::string HostsFixture::get(int port, const std::string& path, const net::HttpHeaders& headers) {
  net::HttpRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(port) + path;
  request.headers = headers;
  Result<net::HttpResponse> answer = net::exchange_directly(request);
  if (!answer.ok()) return answer.error().message;
  return answer->status == 200 ? answer->body : std::to_string(answer->status);
}

void HostsFixture::shift(std::vector<TrafficSplit::Share> shares) {
  TrafficSplit split;
  split.shares = std::move(shares);
  Result<> shifted = target_->shift(split);
  ASSERT_TRUE(shifted.ok()) << shifted.error().message;
}

int HostsFixture::failed_visits_while(const std::function<void(int round)>& move) {
  std::atomic<int> failed = 0;
  std::atomic<int> passed = 0;
  {
    std::jthread visitor([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) ++(get(front_).find("RELEASE") == std::string::npos ? failed : passed);
    });
    for (int round = 0; round < 5 && !HasFatalFailure(); ++round) {
      move(round);
      const int so_far = passed;
      const bool served_on = eventually([&] { return passed > so_far + 5; });
      EXPECT_TRUE(served_on);
      if (!served_on) break;
    }
  }
  return failed;
}

}  // namespace penstock
