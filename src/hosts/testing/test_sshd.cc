#include "hosts/testing/test_sshd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "os/machine.h"

namespace penstock {
namespace {

int free_port() {
  const os::UniqueFd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

bool make_key(const std::filesystem::path& path) {
  auto made = os::run({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path.string()});
  return made.ok() && made->status.ok();
}

std::string file_text(const std::filesystem::path& path) { return os::read_file(path).value(); }

}  // namespace

std::unique_ptr<TestSshd> TestSshd::start() {
  auto folder = os::TempFolder::make("/tmp", "sshd-");
  if (!folder.ok()) return nullptr;
  std::unique_ptr<TestSshd> made(new TestSshd(std::move(*folder)));
  return made->launch() ? std::move(made) : nullptr;
}

bool TestSshd::launch() {
  const std::filesystem::path at = folder_.path();
  const auto program = os::find_program("sshd", "/usr/sbin:/usr/local/sbin:/sbin");
  if (!program || !make_key(at / "host") || !make_key(at / "user")) return false;
  if (::geteuid() == 0) (void)os::ensure_folder("/run/sshd");  // sshd of root insists on it
  const std::string port = std::to_string(free_port());
  const std::string server = "ListenAddress 127.0.0.1\nPort " + port + "\nHostKey " + (at / "host").string() +
                             "\nAuthorizedKeysFile " + (at / "user.pub").string() +
                             "\nPidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
                             "KbdInteractiveAuthentication no\nPermitRootLogin yes\nMaxStartups 100\n";
  const std::string client = "Host web-1\n  HostName 127.0.0.1\n  Port " + port + "\n  HostKeyAlias web-1\n" +
                             "Host dead\n  HostName 127.0.0.1\n  Port 1\n" + "Host *\n  IdentityFile " +
                             (at / "user").string() + "\n  IdentitiesOnly yes\n  UserKnownHostsFile " +
                             (at / "known").string() + "\n  StrictHostKeyChecking yes\n";
  if (!os::write_atomically(at / "server", server).ok() || !os::write_atomically(at / "client", client).ok() ||
      !os::write_atomically(at / "known", "web-1 " + file_text(at / "host.pub")).ok()) {
    return false;
  }
  os::ProcessOptions how;
  how.errors = os::Stream::pipe;
  how.own_group = true;
  auto process = os::Process::start({program->string(), "-D", "-e", "-f", (at / "server").string()}, how);
  if (!process.ok()) return false;
  sshd_ = std::make_unique<os::Process>(std::move(*process));
  std::string said;
  for (char c = 0; said.find("listening") == std::string::npos && ::read(sshd_->errors.get(), &c, 1) == 1;) said += c;
  return said.find("listening") != std::string::npos;
}

void TestSshd::stop() {
  if (sshd_ == nullptr) return;
  // Its children have groups of their own: the ones that serve our connections are found by their parent.
  (void)os::run({"pkill", "-KILL", "-P", std::to_string(sshd_->pid())});
  sshd_.reset();
}

TestSshd::~TestSshd() { stop(); }

}  // namespace penstock
