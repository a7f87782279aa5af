// What a room of the sandbox costs: rooms that run one `echo`, against bare `bash -c`, in sequence and two at a time.
//
//   sandbox_bench [ROOMS] [RUNG: root, user, copy]
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

#include "executor_sandbox/sandbox_executor.h"
#include "os/files.h"
#include "runner/cancel.h"

extern char** environ;

namespace {

using namespace penstock;

struct Cost {
  double wall = 0;  // milliseconds a job
  double cpu = 0;   // of this process and the children that it waited for
};

double cpu_milliseconds() {
  double total = 0;
  for (int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    ::getrusage(who, &used);
    total +=
        (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
  }
  return total;
}

template <class Function>
Cost measure(int jobs, Function function) {
  const double cpu_before = cpu_milliseconds();
  const auto start = std::chrono::steady_clock::now();
  function();
  const std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - start;
  return {wall.count() / jobs, (cpu_milliseconds() - cpu_before) / jobs};
}

template <class Function>
void in_threads(int threads, int jobs, Function function) {
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([=] {
      for (int job = i; job < jobs; job += threads) function();
    });
  }
  for (std::thread& thread : running) thread.join();
}

void bare_bash() {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  const char* arguments[] = {"bash", "-c", "echo 1", nullptr};
  pid_t pid = -1;
  if (::posix_spawn(&pid, "/bin/bash", &actions, nullptr, const_cast<char**>(arguments), environ) == 0) {
    ::waitpid(pid, nullptr, 0);
  }
  posix_spawn_file_actions_destroy(&actions);
}

void one_room(SandboxExecutor& executor) {
  Result<std::unique_ptr<Room>> room = executor.open(JobSpec{});
  if (!room.ok()) {
    std::fprintf(stderr, "%s\n", room.error().message.c_str());
    std::exit(1);
  }
  ShellRequest request;
  request.script = "echo 1";
  request.environment = (*room)->base_environment();
  std::string output;
  Result<ShellEnd> end = (*room)->run(
      request, [&](std::string_view piece) { output += piece; }, Cancel());
  if (!end.ok() || end->code != 0 || output != "1\n") std::exit(1);
}

void print(const char* what, const Cost& cost, const Cost& peer) {
  std::printf("%-28s %7.3f ms wall  %7.3f ms cpu   %5.2f x bash\n", what, cost.wall, cost.cpu, cost.wall / peer.wall);
}

SandboxOptions options_in(const std::filesystem::path& folder, const char* rung) {
  std::filesystem::create_directories(folder / "project/.git");
  std::filesystem::create_directories(folder / "project/.git/state/layer/.git");
  SandboxOptions options;
  options.state_folder = folder / "project/.git/state";
  options.caller = os::current_environment();
  if (std::strcmp(rung, "user") == 0) options.forced_rung = sandbox::Rung::user_namespace;
  if (std::strcmp(rung, "copy") == 0) options.forced_rung = sandbox::Rung::copy;
  options.sources = [folder](const JobSpec&) -> Result<SandboxSources> {
    SandboxSources sources;
    sources.project = folder / "project";
    sources.store = folder / "project/.git/state";
    sources.lower = {folder / "project/.git/state/layer"};
    return sources;
  };
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const int jobs = argc > 1 ? std::atoi(argv[1]) : 500;
  Result<os::TempFolder> folder = os::TempFolder::make(std::filesystem::current_path());
  if (!folder.ok()) return 1;
  for (int threads : {1, 2}) {
    std::printf("%d at a time\n", threads);
    const Cost bare = measure(jobs, [&] { in_threads(threads, jobs, bare_bash); });
    print("bash -c", bare, bare);
    const Cost rooms = measure(jobs, [&] {
      Result<std::unique_ptr<SandboxExecutor>> executor =
          SandboxExecutor::make(options_in(folder->path(), argc > 2 ? argv[2] : "root"));
      if (!executor.ok()) std::exit(1);
      in_threads(threads, jobs, [&] { one_room(**executor); });
    });
    print("a room with the same", rooms, bare);
    const Cost empty =
        measure(1, [&] { (void)SandboxExecutor::make(options_in(folder->path(), argc > 2 ? argv[2] : "root")).ok(); });
    std::printf("making and closing an executor: %.3f ms\n", empty.wall);
    const Cost single = measure(1, [&] {
      Result<std::unique_ptr<SandboxExecutor>> executor =
          SandboxExecutor::make(options_in(folder->path(), argc > 2 ? argv[2] : "root"));
      for (int i = 0; i < 3; ++i) one_room(**executor);
    });
    std::printf("an executor and three rooms:    %.3f ms\n", single.wall);
  }
  return 0;
}
