#include "executor_sandbox/sandbox_executor.h"

#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <tuple>

#include "executor_sandbox/cache_layers.h"
#include "executor_sandbox/clean_environment.h"
#include "executor_sandbox/executor_places.h"
#include "executor_sandbox/images.h"
#include "executor_sandbox/oom_watch.h"
#include "executor_sandbox/room_pool.h"
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

/// A path without symbolic links; as it is where it doesn't exist.
std::string real_path(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  std::string result = resolved != nullptr ? resolved : path;
  ::free(resolved);
  return result;
}

Error too_many_files() { return {Fault::machine, "too many files are open", "raise `ulimit -n`"}; }

bool is_within(const std::string& path, const std::string& folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

Result<sandbox::Message> hear(int socket) {
  PENSTOCK_TRY(std::optional<sandbox::Message> message, sandbox::receive_message(socket));
  if (!message) return Error{Fault::machine, "the sandbox's small process was killed from outside", "run again"};
  if (message->kind == MessageKind::failure) return sandbox::decode<Error>(message->payload);
  return std::move(*message);
}

}  // namespace

struct SandboxExecutor::Parts {
  SandboxOptions options;
  std::string shell;
  std::string state;  // real path of the state folder
  os::Environment environment;
  std::optional<sandbox::CacheLayers> caches{};

  std::mutex mutex{};  // guards what follows, and the talk with the zygote
  sandbox::RoomPool pool{};
  sandbox::Rung rung = sandbox::Rung::root;
  std::vector<sandbox::RungRefusal> refused{};
  std::optional<os::FileLock> lock{};
  std::optional<sandbox::Zygote> zygote{};
  bool greeted = false;
  std::optional<sandbox::OomWatch> oom_watch{};
};

SandboxExecutor::SandboxExecutor(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SandboxExecutor::~SandboxExecutor() {
  parts_->pool.clear();  // before the zygote, which waits for all rooms
  const sandbox::KeptRooms kept(parts_->state);
  (void)kept.trim().ok();
  if (parts_->caches) (void)sandbox::trim_cache_layers(parts_->state, kept.caches(), {}).ok();
}

Result<std::unique_ptr<SandboxExecutor>> SandboxExecutor::make(SandboxOptions options) {
  PENSTOCK_CHECK(os::ensure_folder(options.state_folder / "rooms"));
  sweep(options.state_folder);
  const std::string state = real_path(options.state_folder);
  const auto path = options.caller.find("PATH");
  auto shell = os::find_program("bash", (path == options.caller.end() ? "" : path->second) + ":/usr/bin:/bin");
  os::Environment environment = sandbox::clean_environment(options.caller, options.pass);
  const sandbox::Rung rung = options.forced_rung.value_or(sandbox::Rung::root);
  std::unique_ptr<Parts> parts(
      new Parts{std::move(options), shell ? shell->string() : "/bin/sh", state, std::move(environment)});
  parts->rung = rung;
  if (parts->options.blobs != nullptr) {
    PENSTOCK_CHECK(os::ensure_folder(sandbox::CacheLayers::folder_in(state), 0700));
    parts->caches.emplace(state, *parts->options.blobs);
  }
  if (rung == sandbox::Rung::root && ::geteuid() != 0) {
    parts->rung = sandbox::Rung::user_namespace;
    parts->refused.push_back(sandbox::explain(sandbox::Rung::root, "be root", EPERM));
  }
  std::unique_ptr<SandboxExecutor> executor(new SandboxExecutor(std::move(parts)));
  PENSTOCK_CHECK(executor->start_zygote());
  return executor;
}

Result<> SandboxExecutor::start_zygote() {
  PENSTOCK_TRY(sandbox::ExecutorPlaces places, sandbox::make_places(std::filesystem::path(parts_->state) / "rooms"));
  const sandbox::ZygotePlace place{parts_->state, "rooms/" + places.name, places.temporary, parts_->rung};
  PENSTOCK_TRY(sandbox::Zygote zygote, sandbox::Zygote::start(place, *places.lock));
  parts_->lock.emplace(std::move(*places.lock));
  parts_->zygote.emplace(std::move(zygote));
  parts_->greeted = false;
  return success();
}

/// Hears whether the zygote could enter its rung; goes down until one can.
Result<> SandboxExecutor::greet() {
  while (!parts_->greeted) {
    PENSTOCK_TRY(sandbox::Message message, hear(parts_->zygote->socket()));
    if (message.kind == MessageKind::refused) {
      PENSTOCK_CHECK(climb_down(message.payload));
      continue;
    }
    if (!parts_->oom_watch) parts_->oom_watch.emplace(sandbox::decode<int64_t>(message.payload));
    parts_->greeted = true;
  }
  return success();
}

Result<> SandboxExecutor::climb_down(const std::string& trial) {
  std::string step;
  int error = 0;
  sandbox::decode_into(trial, step, error);
  parts_->refused.push_back(sandbox::explain(parts_->rung, std::move(step), error));
  const sandbox::RungRefusal& refusal = parts_->refused.back();
  if (parts_->rung == sandbox::Rung::copy) {
    return Error{Fault::machine, "the sandbox can't " + refusal.step + ": " + refusal.meaning, refusal.fix};
  }
  parts_->zygote.reset();
  parts_->rung = parts_->rung == sandbox::Rung::root ? sandbox::Rung::user_namespace : sandbox::Rung::copy;
  return start_zygote();
}

Result<sandbox::ProbeReport> SandboxExecutor::probe() {
  std::lock_guard guard(parts_->mutex);
  for (;;) {
    PENSTOCK_CHECK(greet());
    PENSTOCK_CHECK(sandbox::send_message(parts_->zygote->socket(), MessageKind::probe, ""));
    PENSTOCK_TRY(sandbox::Message answer, hear(parts_->zygote->socket()));
    if (answer.kind != MessageKind::refused) return sandbox::ProbeReport{parts_->rung, parts_->refused};
    PENSTOCK_CHECK(climb_down(answer.payload));
  }
}

Result<os::UniqueFd> SandboxExecutor::ask_for_room(const std::string& plan) {
  for (;;) {
    PENSTOCK_CHECK(greet());
    PENSTOCK_CHECK(sandbox::send_message(parts_->zygote->socket(), MessageKind::open_room, plan));
    PENSTOCK_TRY(sandbox::Message answer, hear(parts_->zygote->socket()));
    if (answer.kind == MessageKind::refused) {
      PENSTOCK_CHECK(climb_down(answer.payload));
      continue;
    }
    if (answer.fds.empty()) return too_many_files();
    return std::move(answer.fds[0]);
  }
}

/// A room from the zygote, furnished.
Result<sandbox::RoomEnds> SandboxExecutor::furnished_room(const std::string& plan) {
  sandbox::RoomEnds room;
  {
    std::lock_guard guard(parts_->mutex);
    PENSTOCK_TRY(room.socket, ask_for_room(plan));
  }
  PENSTOCK_TRY(sandbox::Message ready, hear(room.socket.get()));
  if (ready.fds.size() < 2) return too_many_files();
  room.plan = plan;
  room.project_fd = std::move(ready.fds[0]);
  room.temporary_fd = std::move(ready.fds[1]);
  if (ready.fds.size() > 2) room.upper_fd = std::move(ready.fds[2]);
  sandbox::decode_into(ready.payload, room.project, room.temporary, room.rung);
  return room;
}

void SandboxExecutor::warm_up(const JobSpec& spec) {
  const Result<SandboxSources> sources = parts_->options.sources(spec);
  if (!sources.ok()) return;  // told to the job that asks for them
  const std::string plan = sandbox::encode(plan_of(spec, *sources));
  parts_->pool.keep_for(plan, sources->lease);
  std::lock_guard guard(parts_->mutex);
  if (greet().ok()) (void)sandbox::send_message(parts_->zygote->socket(), MessageKind::furnish, plan).ok();
}

void SandboxExecutor::rest() {
  parts_->pool.clear();
  std::lock_guard guard(parts_->mutex);
  if (parts_->zygote) (void)sandbox::send_message(parts_->zygote->socket(), MessageKind::rest, "").ok();
}

void SandboxExecutor::retire() {
  parts_->pool.clear();
  std::lock_guard guard(parts_->mutex);
  if (parts_->zygote) parts_->zygote->hang_up();
}

Result<std::unique_ptr<Room>> SandboxExecutor::open(const JobSpec& spec) {
  PENSTOCK_TRY(sandbox::ImageChoice image,
               sandbox::choose_for_image(spec, parts_->options.caller, parts_->options.strict));
  PENSTOCK_TRY(SandboxSources sources, parts_->options.sources(spec));
  const std::string plan = sandbox::encode(plan_of(spec, sources));
  parts_->pool.keep_for(plan, sources.lease);
  std::optional<sandbox::RoomEnds> ends = parts_->pool.take(plan);
  if (!ends) {
    PENSTOCK_TRY(ends, furnished_room(plan));
  }
  return room_of(std::move(*ends), std::move(sources.lease), std::move(image));
}

Result<std::unique_ptr<Room>> SandboxExecutor::open_on(const JobSpec& spec, const std::vector<Digest>& trees) {
  if (!parts_->caches) return std::unique_ptr<Room>();
  {
    std::lock_guard guard(parts_->mutex);
    PENSTOCK_CHECK(greet());
    if (parts_->rung == sandbox::Rung::copy) return std::unique_ptr<Room>();
  }
  PENSTOCK_TRY(sandbox::ImageChoice image,
               sandbox::choose_for_image(spec, parts_->options.caller, parts_->options.strict));
  PENSTOCK_TRY(SandboxSources sources, parts_->options.sources(spec));
  sandbox::RoomPlan plan = plan_of(spec, sources);
  std::vector<std::string> layers;
  std::vector<os::FileLock> locks;
  for (auto tree = trees.rbegin(); tree != trees.rend(); ++tree) {
    PENSTOCK_TRY(sandbox::HeldTree held, parts_->caches->hold(*tree));
    for (std::string& id : held.ids) layers.push_back(std::move(id));
    for (os::FileLock& lock : held.locks) locks.push_back(std::move(lock));
  }
  if (!stand_on(plan, std::move(layers))) return std::unique_ptr<Room>();
  using Leases = std::pair<std::shared_ptr<const void>, std::vector<os::FileLock>>;
  auto lease = std::make_shared<const Leases>(std::move(sources.lease), std::move(locks));
  PENSTOCK_TRY(sandbox::RoomEnds ends, furnished_room(sandbox::encode(plan)));
  return room_of(std::move(ends), std::move(lease), std::move(image));
}

/// Lays caches over the sources. False where there are too many for the options of a mount.
bool SandboxExecutor::stand_on(sandbox::RoomPlan& plan, std::vector<std::string> caches) const {
  constexpr size_t kLongestOptions = 3500;  // of 4 KiB
  std::vector<std::string> lower;
  for (const std::string& id : caches) {
    lower.push_back(parts_->caches->folder_of(id).lexically_relative(parts_->state).native());
  }
  lower.insert(lower.end(), plan.lower.begin(), plan.lower.end());
  size_t length = 0;
  for (const std::string& layer : lower) length += layer.size() + 1;
  if (length > kLongestOptions) return false;
  plan.lower = std::move(lower);
  plan.caches = std::move(caches);
  return true;
}

void SandboxExecutor::expect(const Digest& tree, const Tree& entries, const Digest& base, const Tree& base_entries) {
  if (parts_->caches) (void)parts_->caches->derive(tree, entries, base, base_entries).ok();
}

Result<std::unique_ptr<Room>> SandboxExecutor::open_kept(const JobSpec& spec, const std::string& name) {
  PENSTOCK_TRY(std::optional<sandbox::KeptRoom> kept, sandbox::KeptRooms(parts_->state).hold(name));
  if (!kept) return std::unique_ptr<Room>();
  PENSTOCK_TRY(sandbox::ImageChoice image,
               sandbox::choose_for_image(spec, parts_->options.caller, parts_->options.strict));
  PENSTOCK_TRY(SandboxSources sources, parts_->options.sources(spec));
  sandbox::RoomPlan plan = plan_of(spec, sources);
  const std::string folder = kept->folder.substr(parts_->state.size() + 1);
  {
    std::lock_guard guard(parts_->mutex);
    PENSTOCK_CHECK(greet());
    const bool both_copies = kept->rung == sandbox::Rung::copy && parts_->rung == sandbox::Rung::copy;
    if (!both_copies && kept->rung != parts_->rung) return std::unique_ptr<Room>();  // it stands on other layers
    if (both_copies) plan.lower.clear();
  }
  std::optional<sandbox::HeldTree> caches;
  if (!kept->caches.empty()) {
    if (!parts_->caches) return std::unique_ptr<Room>();
    PENSTOCK_TRY(caches, parts_->caches->hold_again(kept->caches));
    if (!caches || !stand_on(plan, kept->caches)) return std::unique_ptr<Room>();  // what it stood on is gone
  }
  plan.lower.insert(plan.lower.begin(), folder + "/project");
  plan.kept_temporary = folder + "/temporary";
  plan.job_temporary = kept->job_temporary;
  using Leases = std::tuple<std::shared_ptr<const void>, sandbox::KeptRoom, std::optional<sandbox::HeldTree>>;
  auto lease = std::make_shared<const Leases>(std::move(sources.lease), std::move(*kept), std::move(caches));
  PENSTOCK_TRY(sandbox::RoomEnds ends, furnished_room(sandbox::encode(plan)));
  ends.upper_fd.reset();  // what the job has written lies in the kept folder
  return room_of(std::move(ends), std::move(lease), std::move(image));
}

std::unique_ptr<Room> SandboxExecutor::room_of(sandbox::RoomEnds ends, std::shared_ptr<const void> lease,
                                               sandbox::ImageChoice image) const {
  sandbox::RoomParts room;
  room.shell = parts_->shell;
  room.notices = std::move(image.notices);
  room.lease = std::move(lease);
  room.oom_watch = &*parts_->oom_watch;
  room.pool = &parts_->pool;
  room.largest_kept = parts_->options.largest_kept;
  os::Environment environment = parts_->environment;
  environment["TMPDIR"] = ends.temporary;
  environment["PWD"] = ends.project;
  if (!image.path_folder.empty()) environment["PATH"] = image.path_folder + ":" + environment["PATH"];
  for (const auto& [name, value] : environment) room.environment.push_back(name + "=" + value);
  return std::make_unique<sandbox::SandboxRoom>(std::move(ends), std::move(room));
}

sandbox::RoomPlan SandboxExecutor::plan_of(const JobSpec& spec, const SandboxSources& sources) const {
  sandbox::RoomPlan plan;
  plan.project = sources.project;
  plan.shown = spec.repository.empty() ? sources.project : spec.repository;
  plan.network = parts_->options.network;
  plan.copies = parts_->state + "/copies";
  // Layers below the zygote's working directory go by short names: mount options have 4 KiB.
  for (const std::string& layer : sources.lower) {
    plan.lower.push_back(is_within(layer, parts_->state) ? layer.substr(parts_->state.size() + 1) : layer);
  }
  plan.binds = sources.binds;
  for (sandbox::Bind& bind : plan.binds) {
    if (!bind.target.starts_with('/')) bind.target = sources.project + "/" + bind.target;
  }
  for (const std::string& folder : sources.read_only) {
    if (!is_within(folder, sources.project)) plan.binds.push_back({folder, folder, true});
  }
  const auto active = parts_->options.caller.find("VIRTUAL_ENV");
  if (active != parts_->options.caller.end()) {
    const std::string folder = real_path(active->second);
    const bool exists = ::access((folder + "/bin").c_str(), F_OK) == 0;
    if (exists && folder != sources.project && is_within(folder, sources.project)) {
      plan.binds.push_back({folder, folder, false});
    }
  }
  std::vector<std::string> places{parts_->state + "/rooms", sources.store};
  if (parts_->caches) places.push_back(sandbox::CacheLayers::folder_in(parts_->state));
  for (const std::string& place : places) {
    if (!place.empty() && !is_within(place, sources.project)) plan.hidden.push_back(place);
  }
  return plan;
}

void SandboxExecutor::sweep(const std::filesystem::path& state_folder) { sandbox::sweep_rooms(state_folder); }

}  // namespace penstock
