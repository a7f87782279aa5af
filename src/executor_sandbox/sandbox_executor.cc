#include "executor_sandbox/sandbox_executor.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "executor_sandbox/clean_environment.h"
#include "executor_sandbox/copied_room.h"
#include "executor_sandbox/images.h"
#include "executor_sandbox/oom_watch.h"
#include "executor_sandbox/sandbox_room.h"
#include "executor_sandbox/wire.h"
#include "executor_sandbox/zygote.h"
#include "os/errors.h"
#include "os/files.h"
#include "os/lock.h"
#include "os/machine.h"

namespace penstock {
namespace {

using sandbox::MessageKind;

constexpr const char* kTemporaryLink = "temporary";  // in the rooms' folder: where their TMPDIRs lie

/// A path without symbolic links; as it is where it doesn't exist.
std::string real_path(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  std::string result = resolved != nullptr ? resolved : path;
  ::free(resolved);
  return result;
}

bool is_within(const std::string& path, const std::string& folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

Result<sandbox::Message> expect(int socket, MessageKind kind) {
  PENSTOCK_TRY(std::optional<sandbox::Message> message, sandbox::receive_message(socket));
  if (!message) return Error{Fault::machine, "the sandbox's small process was killed from outside", "run again"};
  if (message->kind == MessageKind::failure) return sandbox::error_from_payload(message->payload);
  if (message->kind != kind) return Error{Fault::internal, "the sandbox answered something else than asked", ""};
  return std::move(*message);
}

struct Places {
  std::string name;  // of the executor's folder in `rooms`
  std::string temporary;
  std::optional<os::FileLock> lock;
};

/// The executor's own folders, locked for as long as it, or its zygote, lives.
Result<Places> make_places(const std::filesystem::path& rooms) {
  PENSTOCK_CHECK(os::ensure_folder(rooms));
  for (;;) {
    char temporary[] = "/tmp/penstock-XXXXXX";  // short: a socket's path below it has 108 bytes
    if (::mkdtemp(temporary) == nullptr) return os::system_error("can't make a folder in /tmp", errno);
    Places places{std::string(temporary).substr(sizeof "/tmp/penstock-" - 1), temporary, {}};
    const std::filesystem::path folder = rooms / places.name;
    if (::mkdir(folder.c_str(), 0700) != 0) {
      const int error = errno;
      ::rmdir(temporary);
      if (error == EEXIST) continue;
      return os::system_error("can't make " + folder.string(), error);
    }
    Result<os::FileLock> lock = os::FileLock::take(folder / "lock");
    // A sweep may have been quicker than our lock.
    if (!lock.ok() || ::symlink(temporary, (folder / kTemporaryLink).c_str()) != 0) {
      ::rmdir(temporary);
      if (::access(folder.c_str(), F_OK) != 0) continue;
      return lock.ok() ? os::system_error("can't make a link in " + folder.string(), errno) : lock.error();
    }
    places.lock.emplace(std::move(*lock));
    return places;
  }
}

void remove_dead(const std::filesystem::path& folder) {
  Result<std::optional<os::FileLock>> lock = os::FileLock::try_take(folder / "lock");
  if (!lock.ok() || !*lock) return;
  std::error_code error;
  const std::string temporary = std::filesystem::read_symlink(folder / kTemporaryLink, error);
  struct stat status {};
  const bool ours = temporary.starts_with("/tmp/penstock-") && temporary.find('/', 5) == std::string::npos &&
                    ::lstat(temporary.c_str(), &status) == 0 && status.st_uid == ::geteuid();
  if (ours) (void)os::remove_tree(temporary).ok();
  (void)os::remove_tree(folder).ok();
}

}  // namespace

struct SandboxExecutor::Parts {
  SandboxOptions options;
  std::string shell;
  std::string state;  // real path of the state folder
  os::Environment environment;
  os::FileLock lock;
  sandbox::Zygote zygote;

  std::mutex mutex{};  // guards the talk with the zygote, and what is below
  std::optional<sandbox::ProbeReport> report{};
  std::optional<sandbox::OomWatch> oom_watch{};
  std::shared_ptr<const void> spare_lease{};  // the zygote may have a spare room on the layers last asked for
};

SandboxExecutor::SandboxExecutor(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SandboxExecutor::~SandboxExecutor() = default;

Result<std::unique_ptr<SandboxExecutor>> SandboxExecutor::make(SandboxOptions options) {
  PENSTOCK_CHECK(os::ensure_folder(options.state_folder));
  sweep(options.state_folder);
  const std::string state = real_path(options.state_folder);
  PENSTOCK_TRY(Places places, make_places(std::filesystem::path(state) / "rooms"));
  const sandbox::ZygotePlace place{state, "rooms/" + places.name, places.temporary, options.forced_rung, true};
  PENSTOCK_TRY(sandbox::Zygote zygote, sandbox::Zygote::start(place, *places.lock));
  const auto path = options.caller.find("PATH");
  auto shell =
      os::find_program("bash", path == options.caller.end() ? "/usr/bin:/bin" : path->second + ":/usr/bin:/bin");
  os::Environment environment = sandbox::clean_environment(options.caller, options.pass);
  std::unique_ptr<Parts> parts(new Parts{std::move(options), shell ? shell->string() : "/bin/sh", state,
                                         std::move(environment), std::move(*places.lock), std::move(zygote)});
  return std::unique_ptr<SandboxExecutor>(new SandboxExecutor(std::move(parts)));
}

Result<sandbox::ProbeReport> SandboxExecutor::probe() {
  std::lock_guard guard(parts_->mutex);
  if (parts_->report) return *parts_->report;
  PENSTOCK_TRY(sandbox::Message hello, expect(parts_->zygote.socket(), MessageKind::hello));
  sandbox::PayloadReader reader(hello.payload);
  parts_->report = sandbox::decode_probe_report(reader.text());
  parts_->oom_watch.emplace(reader.number());
  return *parts_->report;
}

Result<std::unique_ptr<Room>> SandboxExecutor::open(const JobSpec& spec) {
  PENSTOCK_TRY(sandbox::ImageChoice image,
               sandbox::choose_for_image(spec, parts_->options.caller, parts_->options.strict));
  PENSTOCK_TRY(sandbox::ProbeReport report, probe());
  PENSTOCK_TRY(SandboxSources sources, parts_->options.sources(spec));
  PENSTOCK_TRY(sandbox::RoomPlan plan, plan_of(spec, sources, report.rung));
  sandbox::RoomParts room;
  {
    std::lock_guard guard(parts_->mutex);
    PENSTOCK_CHECK(sandbox::send_message(parts_->zygote.socket(), MessageKind::open_room, sandbox::encode(plan)));
    PENSTOCK_TRY(sandbox::Message answer, expect(parts_->zygote.socket(), MessageKind::room));
    if (answer.fds.empty()) return Error{Fault::machine, "too many files are open", "raise `ulimit -n`"};
    room.socket = std::move(answer.fds[0]);
    parts_->spare_lease = sources.lease;
  }
  PENSTOCK_TRY(sandbox::Message ready, expect(room.socket.get(), MessageKind::ready));
  if (ready.fds.size() < 2) return Error{Fault::machine, "too many files are open", "raise `ulimit -n`"};
  room.project_fd = std::move(ready.fds[0]);
  room.temporary_fd = std::move(ready.fds[1]);
  sandbox::PayloadReader reader(ready.payload);
  room.project = reader.text();
  room.temporary = reader.text();
  room.shell = parts_->shell;
  room.notices = std::move(image.notices);
  room.lease = std::move(sources.lease);
  room.oom_watch = &*parts_->oom_watch;
  room.waits_for_end = report.rung == sandbox::Rung::copy;
  os::Environment environment = parts_->environment;
  environment["TMPDIR"] = room.temporary;
  environment["PWD"] = room.project;
  if (!image.path_folder.empty()) environment["PATH"] = image.path_folder + ":" + environment["PATH"];
  for (const auto& [name, value] : environment) room.environment.push_back(name + "=" + value);
  return std::unique_ptr<Room>(std::make_unique<sandbox::SandboxRoom>(std::move(room)));
}

Result<sandbox::RoomPlan> SandboxExecutor::plan_of(const JobSpec& spec, SandboxSources& sources, sandbox::Rung rung) {
  sandbox::RoomPlan plan;
  plan.project = sources.project;
  plan.shown = spec.repository.empty() ? sources.project : spec.repository;
  plan.network = parts_->options.network;
  plan.copies = parts_->state + "/copies";
  // Layers below the zygote's working directory go by short names: mount options have 4 KiB.
  for (const std::string& layer : sources.lower) {
    plan.lower.push_back(is_within(layer, parts_->state) ? layer.substr(parts_->state.size() + 1) : layer);
  }
  if (rung == sandbox::Rung::copy) {
    if (!plan.network) {
      return Error{Fault::machine, "--network=none takes namespaces, which this machine refuses", "see `ci doctor`"};
    }
    return plan;
  }
  plan.binds = sources.binds;
  for (sandbox::Bind& bind : plan.binds) {
    if (!bind.target.starts_with('/')) bind.target = sources.project + "/" + bind.target;
  }
  const auto active = parts_->options.caller.find("VIRTUAL_ENV");
  if (active != parts_->options.caller.end()) {
    const std::string folder = real_path(active->second);
    const bool exists = ::access((folder + "/bin").c_str(), F_OK) == 0;
    if (exists && folder != sources.project && is_within(folder, sources.project)) {
      plan.binds.push_back({folder, folder, false});
    }
  }
  for (const std::string& place : {parts_->state + "/rooms", sources.store}) {
    if (!place.empty() && !is_within(place, sources.project)) plan.hidden.push_back(place);
  }
  return plan;
}

void SandboxExecutor::sweep(const std::filesystem::path& state_folder) {
  const std::filesystem::path rooms = state_folder / "rooms";
  Result<std::vector<os::FolderEntry>> entries = os::list_folder(rooms);
  if (entries.ok()) {
    for (const os::FolderEntry& entry : *entries) {
      if (entry.type == os::FileType::folder) remove_dead(rooms / entry.name);
    }
  }
  sandbox::sweep_copies((state_folder / "copies").string());
}

}  // namespace penstock
