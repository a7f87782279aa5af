#include "runner/testing/fake_executor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include "os/files.h"
#include "os/process.h"

namespace penstock {
namespace {

using SteadyClock = std::chrono::steady_clock;

os::UniqueFd open_folder(const std::filesystem::path& path) {
  return os::UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/// Command lines of the processes of a group but its leader.
std::vector<std::string> members_of_group(pid_t leader) {
  std::vector<std::string> members;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos || name == std::to_string(leader)) continue;
    const auto pid = static_cast<pid_t>(std::stol(name));
    if (::getpgid(pid) != leader) continue;
    auto line = os::read_file_if_exists(entry.path() / "cmdline", 4096);
    if (!line.ok() || !*line || (*line)->empty()) continue;  // gone, or dead and not yet reaped
    std::replace((**line).begin(), (**line).end(), '\0', ' ');
    while ((**line).ends_with(' ')) (**line).pop_back();
    members.push_back(std::move(**line));
  }
  return members;
}

class FakeRoom final : public Room {
 public:
  FakeRoom(os::TempFolder folder, FakeExecutor& world, bool out_of_memory, std::atomic<int>& standing)
      : folder_(std::move(folder)),
        project_((folder_.path() / "project").native()),
        temporary_((folder_.path() / "tmp").native()),
        world_(world),
        out_of_memory_(out_of_memory),
        standing_(standing) {
    std::filesystem::create_directories(project_);
    std::filesystem::create_directories(temporary_);
    for (const auto& [path, content] : world.files) {
      const std::filesystem::path file = std::filesystem::path(project_) / path;
      std::filesystem::create_directories(file.parent_path());
      (void)os::write_atomically(file, content);
    }
    project_fd_ = open_folder(project_);
    temporary_fd_ = open_folder(temporary_);
    environment_ = {"PATH=" + world.base_path, "HOME=/nonexistent", "TMPDIR=" + temporary_, "LC_ALL=C.UTF-8"};
    ++standing_;
  }
  ~FakeRoom() override { --standing_; }
  FakeRoom(const FakeRoom&) = delete;
  FakeRoom& operator=(const FakeRoom&) = delete;

  [[nodiscard]] const std::string& project_folder() const override { return project_; }
  [[nodiscard]] int project_fd() const override { return project_fd_.get(); }
  [[nodiscard]] const std::string& temporary_folder() const override { return temporary_; }
  [[nodiscard]] int temporary_fd() const override { return temporary_fd_.get(); }
  [[nodiscard]] const std::vector<std::string>& base_environment() const override { return environment_; }
  [[nodiscard]] const std::vector<std::string>& notices() const override { return world_.notices; }
  [[nodiscard]] Usage usage() const override { return usage_; }
  Result<> keep(const std::string& name) override {
    world_.keep(name, std::move(folder_));
    return success();
  }

  Result<ShellEnd> run(const ShellRequest& request, const OutputFunction& output, const Cancel& cancel) override {
    if (world_.run_error) return *world_.run_error;
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return Error{Fault::machine, "no pipe", ""};
    const os::UniqueFd from(ends[0]);
    os::UniqueFd to(ends[1]);
    os::ProcessOptions options;
    options.environment.emplace();
    for (const std::string& entry : request.environment) {
      options.environment->emplace(entry.substr(0, entry.find('=')), entry.substr(entry.find('=') + 1));
    }
    options.folder = request.directory.empty() ? project_ : request.directory;
    options.pass = {{to.get(), 1}, {to.get(), 2}};
    options.own_group = true;
    PENSTOCK_TRY(os::Process process,
                 os::Process::start({"bash", "--noprofile", "--norc", "-c", request.script}, options));
    to.reset();
    return attend(process, from.get(), request, output, cancel);
  }

 private:
  Result<ShellEnd> attend(os::Process& process, int from, const ShellRequest& request, const OutputFunction& output,
                          const Cancel& cancel) {
    ShellEnd end;
    auto deadline = request.timeout ? SteadyClock::now() + *request.timeout : SteadyClock::time_point::max();
    const auto stop = [&](ShellEnd::How how) {
      if (end.how == ShellEnd::How::exited) end.how = how;
      deadline = SteadyClock::now() + request.grace;
      process.kill(SIGTERM);
    };
    for (bool ended = false, closed = false; !ended || !closed;) {
      const auto left = deadline == SteadyClock::time_point::max()
                            ? -1
                            : std::max<int64_t>(0, std::chrono::ceil<Duration>(deadline - SteadyClock::now()).count());
      pollfd fds[] = {
          {closed ? -1 : from, POLLIN, 0}, {ended ? -1 : process.pidfd(), POLLIN, 0}, {cancel.fd(), POLLIN, 0}};
      const int ready = ::poll(fds, 3, static_cast<int>(left));
      if (fds[0].revents != 0) closed = !pass_on(from, output);
      if (fds[1].revents != 0) {
        ended = true;
        end.killed = members_of_group(process.pid());
        process.kill(SIGKILL);  // what it left running
      }
      if (fds[2].revents != 0) {
        uint64_t count = 0;
        (void)!::read(cancel.fd(), &count, sizeof count);
        if (cancel.level() == Cancel::Level::kill) process.kill(SIGKILL);
        stop(ShellEnd::How::canceled);
      }
      if (ready == 0 && !ended) {
        if (end.how == ShellEnd::How::exited) {
          stop(ShellEnd::How::timed_out);
        } else {
          process.kill(SIGKILL);
        }
      }
    }
    PENSTOCK_TRY(const os::ExitStatus status, process.wait());
    account(status);
    if (end.how == ShellEnd::How::exited && status.signal != 0) end.how = ShellEnd::How::signaled;
    if (out_of_memory_ && end.how != ShellEnd::How::canceled) end.how = ShellEnd::How::out_of_memory;
    end.code = status.signal != 0 ? status.signal : status.code;
    return end;
  }

  static bool pass_on(int from, const OutputFunction& output) {
    char piece[65536];
    const ssize_t got = ::read(from, piece, sizeof piece);
    if (got > 0) output({piece, static_cast<size_t>(got)});
    return got > 0;
  }

  void account(const os::ExitStatus& status) {
    usage_.peak_memory = std::max<uint64_t>(usage_.peak_memory, status.peak_memory);
    usage_.cpu_time += std::chrono::ceil<Duration>(status.cpu_time);
  }

  os::TempFolder folder_;
  const std::string project_;
  const std::string temporary_;
  FakeExecutor& world_;
  const bool out_of_memory_;
  std::atomic<int>& standing_;
  os::UniqueFd project_fd_;
  os::UniqueFd temporary_fd_;
  std::vector<std::string> environment_;
  Usage usage_;
};

}  // namespace

Result<std::unique_ptr<Room>> FakeExecutor::open(const JobSpec& spec) {
  if (open_error) return *open_error;
  if (on_open) on_open(spec);
  ++opened_;
  PENSTOCK_TRY(auto folder, os::TempFolder::make({}, "room-"));
  const bool no_memory = std::find(out_of_memory.begin(), out_of_memory.end(), spec.job) != out_of_memory.end();
  return std::unique_ptr<Room>(std::make_unique<FakeRoom>(std::move(folder), *this, no_memory, standing_));
}

Result<std::unique_ptr<Room>> FakeExecutor::open_kept(const JobSpec& spec, const std::string& name) {
  {
    const std::lock_guard lock(mutex_);
    if (!kept_.contains(name)) return std::unique_ptr<Room>();
  }
  PENSTOCK_TRY(std::unique_ptr<Room> room, open(spec));
  const std::lock_guard lock(mutex_);
  const auto all = std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy(kept_.at(name).path() / "project", room->project_folder(), all);
  std::filesystem::copy(kept_.at(name).path() / "tmp", room->temporary_folder(), all);
  return room;
}

std::vector<std::string> FakeExecutor::kept() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, folder] : kept_) names.push_back(name);
  return names;
}

void FakeExecutor::keep(const std::string& name, os::TempFolder folder) {
  const std::lock_guard lock(mutex_);
  kept_.insert_or_assign(name, std::move(folder));
}

}  // namespace penstock
