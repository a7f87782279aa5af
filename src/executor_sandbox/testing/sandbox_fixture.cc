#include "executor_sandbox/testing/sandbox_fixture.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace penstock::sandbox {
namespace {

namespace fs = std::filesystem;

void put(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  ASSERT_TRUE(os::write_atomically(path, text).ok());
}

os::TempFolder make_folder() {
  Result<os::TempFolder> made = os::TempFolder::make();
  if (!made.ok()) throw std::runtime_error(made.error().message);
  return std::move(*made);
}

}  // namespace

SandboxFixture::SandboxFixture(Rung rung) : rung_(rung), folder_(make_folder()) {
  lay_out();
  restart(options());
}

void SandboxFixture::lay_out() {
  put(project() / "kept", "real\n");
  put(project() / ".git/objects/real", "object\n");
  const fs::path base = folder() / "layers/base/tree";
  put(base / "file", "base\n");
  put(base / "removed", "gone in thin\n");
  put(base / "deep/folder/leaf", "leaf\n");
  put(base / ".git/HEAD", "ref: refs/heads/main\n");
  fs::create_directories(base / ".git/borrowed");
  const fs::path thin = folder() / "layers/thin/tree";
  put(thin / "file", "thin\n");
  ::mknod((thin / "removed").c_str(), S_IFCHR, makedev(0, 0));
}

SandboxOptions SandboxFixture::options() {
  SandboxOptions options;
  options.state_folder = state();
  options.forced_rung = rung_;
  options.caller = {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                    {"HOME", folder().string()}};
  options.sources = [this](const JobSpec&) -> Result<SandboxSources> {
    SandboxSources sources;
    sources.project = project();
    sources.store = folder() / "layers";
    sources.lower = {folder() / "layers/thin/tree", folder() / "layers/base/tree"};
    sources.binds = {{project() / ".git/objects", ".git/borrowed", true}};
    return sources;
  };
  return options;
}

void SandboxFixture::restart(SandboxOptions options) {
  executor_.reset();
  Result<std::unique_ptr<SandboxExecutor>> made = SandboxExecutor::make(std::move(options));
  ASSERT_TRUE(made.ok()) << made.error().message;
  executor_ = std::move(*made);
  Result<ProbeReport> report = executor_->probe();
  ASSERT_TRUE(report.ok()) << report.error().message;
  report_ = *report;
}

JobSpec SandboxFixture::spec() const {
  JobSpec spec;
  spec.job = "build";
  spec.repository = project();
  return spec;
}

std::unique_ptr<Room> SandboxFixture::open() { return open(spec()); }

std::unique_ptr<Room> SandboxFixture::open(const JobSpec& spec) {
  Result<std::unique_ptr<Room>> room = executor_->open(spec);
  if (!room.ok()) throw std::runtime_error(room.error().message);
  return std::move(*room);
}

ShellRequest SandboxFixture::request(Room& room, const std::string& script) {
  ShellRequest request;
  request.script = script;
  request.environment = room.base_environment();
  return request;
}

Outcome SandboxFixture::run(Room& room, const ShellRequest& request, const Cancel& cancel) {
  Outcome outcome;
  Result<ShellEnd> end = room.run(
      request, [&](std::string_view piece) { outcome.output += piece; }, cancel);
  if (!end.ok()) throw std::runtime_error(end.error().message);
  outcome.end = std::move(*end);
  return outcome;
}

Outcome SandboxFixture::run(Room& room, const std::string& script) {
  return run(room, request(room, script), Cancel());
}

Outcome SandboxFixture::run(const std::string& script) {
  std::unique_ptr<Room> room = open();
  return run(*room, script);
}

size_t processes_with(const std::string& mark) {
  size_t count = 0;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    Result<std::string> command = os::read_file(entry.path() / "cmdline");
    if (command.ok() && command->find(mark) != std::string::npos) ++count;
  }
  return count;
}

std::string rung_in_name(const testing::TestParamInfo<Rung>& rung) {
  std::string name(name_of(rung.param));
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

bool eventually(const std::function<bool()>& condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace penstock::sandbox
