#include "hosts/ssh_connection.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "hosts/host_shell.h"
#include "os/errors.h"
#include "os/files.h"

namespace penstock {
namespace {

constexpr std::string_view kConnected = "penstock-connected";
constexpr auto kSoon = std::chrono::seconds(2);       // a wait that is shorter needs no word
constexpr auto kPatience = std::chrono::seconds(60);  // for all of connecting: ConnectTimeout covers its first part

/// What our sessions need whatever the user's configuration says: no questions, no terminal, no other sharing, and an
/// answer in finite time. Checking of host keys, names, keys and jumps are the user's.
const std::vector<std::string> kOptions = {"-T",
                                           "-oBatchMode=yes",
                                           "-oConnectTimeout=5",
                                           "-oConnectionAttempts=1",
                                           "-oServerAliveInterval=5",
                                           "-oServerAliveCountMax=3",
                                           "-oClearAllForwardings=yes",
                                           "-oForwardAgent=no",
                                           "-oForwardX11=no",
                                           "-oRemoteCommand=none",
                                           "-oPermitLocalCommand=no",
                                           "-oControlPersist=no",
                                           "-oLogLevel=ERROR"};

/// Reads until the mark of the first session comes; calls `slow` where it hasn't come soon. False: the connection
/// ended, or took too long.
bool hear_mark(int fd, std::function<void()> slow) {
  std::string heard;
  const auto begun = std::chrono::steady_clock::now();
  auto deadline = begun + kSoon;
  while (heard.find(kConnected) == std::string::npos) {
    const auto left = std::chrono::ceil<Duration>(deadline - std::chrono::steady_clock::now()).count();
    pollfd end{fd, POLLIN, 0};
    if (left <= 0 || ::poll(&end, 1, static_cast<int>(left)) == 0) {
      if (!slow) return false;
      std::exchange(slow, nullptr)();
      deadline = begun + kPatience;
      continue;
    }
    char buffer[4096];
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    heard.append(buffer, static_cast<size_t>(got));
    // A login shell's own greetings are of no interest.
    if (heard.size() > (1 << 20)) heard.erase(0, heard.size() - kConnected.size());
  }
  return true;
}

}  // namespace

SshConnection::SshConnection(std::string host, const std::vector<std::string>& options, std::filesystem::path folder,
                             std::function<void(const std::string&)> on_slow)
    : host_(std::move(host)), folder_(std::move(folder)), on_slow_(std::move(on_slow)) {
  for (const std::string& option : options) {
    options_.push_back(option.starts_with('-') ? option : "-o" + option);
  }
}

SshConnection::~SshConnection() {
  if (!master_) return;
  master_->input.reset();
  master_->kill(SIGTERM);  // ssh then removes its socket
  (void)master_->wait_for(std::chrono::seconds(2));
}

std::vector<std::string> SshConnection::program(const std::vector<std::string>& more) const {
  std::vector<std::string> words{"ssh"};
  words.insert(words.end(), options_.begin(), options_.end());
  words.insert(words.end(), kOptions.begin(), kOptions.end());
  words.push_back("-oControlPath=" + (folder_ / "c").string());
  words.insert(words.end(), more.begin(), more.end());
  words.insert(words.end(), {"--", host_});
  return words;
}

std::vector<std::string> SshConnection::session() const { return program({"-oControlMaster=no"}); }

Error SshConnection::unreachable(std::string_view messages) const {
  std::string why = last_line(messages);
  if (why.empty()) why = "no answer within " + to_words(Duration(kPatience));
  return {Fault::machine, host_ + " can't be reached: " + why, "try: ssh " + host_};
}

bool SshConnection::alive() {
  if (!master_) return false;
  Result<std::optional<os::ExitStatus>> ended = master_->wait_for(Duration(0));
  return ended.ok() && !ended->has_value();
}

Result<int> SshConnection::ensure() {
  const auto asked = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (alive()) return number_;
  if (attempted_ >= asked) return outcome_;
  if (Result<> connected = connect(); connected.ok()) {
    outcome_ = ++number_;
  } else {
    outcome_ = connected.error();
  }
  attempted_ = std::chrono::steady_clock::now();
  on_slow_ = nullptr;  // a host that goes down later is told of by who needs it
  return outcome_;
}

Result<> SshConnection::connect() {
  master_.reset();
  // A file: a pipe that nobody reads any more would fill up in time.
  const std::filesystem::path messages = folder_ / "messages";
  const os::UniqueFd errors(::open(messages.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!errors) return os::system_error("can't write " + messages.string(), errno);
  PENSTOCK_CHECK(os::remove_tree(folder_ / "c"));  // of a connection that was killed
  os::ProcessOptions how;
  how.input = how.output = os::Stream::pipe;
  how.pass = {{errors.get(), STDERR_FILENO}};
  how.own_group = true;
  std::vector<std::string> arguments = program({"-oControlMaster=yes"});
  arguments.push_back("exec sh -c 'echo " + std::string(kConnected) + "; exec cat >/dev/null'");
  PENSTOCK_TRY(os::Process process, os::Process::start(arguments, how));
  if (!hear_mark(process.output.get(), [this] {
        if (on_slow_) on_slow_(host_);
      })) {
    process.input.reset();
    PENSTOCK_TRY(const std::string said, os::read_file(messages));
    return unreachable(said);
  }
  master_ = std::move(process);
  return success();
}

Result<> SshConnection::forward(const std::string& local, const std::string& remote) {
  std::vector<std::string> arguments =
      program({"-oControlMaster=no", "-oStreamLocalBindUnlink=yes", "-O", "forward", "-L", local + ":" + remote});
  // What we ask for here is the one forwarding that isn't to be cleared.
  std::erase(arguments, "-oClearAllForwardings=yes");
  os::RunOptions options;
  options.timeout = kPatience;
  options.own_group = true;
  PENSTOCK_TRY(const os::RunResult done, os::run(arguments, options));
  if (!done.status.ok()) {
    return Error{Fault::machine, host_ + ": can't forward " + remote + ": " + last_line(done.errors), ""};
  }
  return success();
}

}  // namespace penstock
