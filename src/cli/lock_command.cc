#include <algorithm>
#include <string>

#include "base/suggest.h"
#include "cli/commands.h"
#include "cli/compile.h"
#include "cli/exit_status.h"
#include "cli/project.h"
#include "includes/image_registry.h"
#include "includes/lock_file.h"
#include "os/files.h"
#include "os/machine.h"

namespace penstock {
namespace {

/// What all pipelines of the project (or the one that was named) take from outside.
struct Taken {
  LockFile used;
  std::vector<std::string> unseen;  ///< Child pipelines that can't be looked at.
  bool failed = false;
};

/// What pipelines take can depend on what they are of: those of all events, after the one that was asked for.
Result<std::vector<Circumstances>> events(const Project& project, const Circumstances& wanted) {
  PENSTOCK_TRY(const std::optional<std::string> standard, project.repository.default_branch());
  std::vector<Circumstances> all{wanted};
  for (ProjectEvent& event : project_events(standard.value_or(""), wanted))
    all.push_back(std::move(event.circumstances));
  return all;
}

Result<std::vector<std::string>> pipelines(const LockArguments& arguments, const Project& project) {
  if (!arguments.choice.pipeline.empty()) return std::vector<std::string>{arguments.choice.pipeline};
  PENSTOCK_TRY(auto known, pipeline_names(project.repository, {.worktree = arguments.choice.worktree}));
  std::erase_if(known, [](const std::string& name) { return name.starts_with(".github/"); });
  return known.empty() ? std::vector<std::string>{""} : known;
}

/// `relock`: what stays as it is; nothing where the project's own lock holds.
Result<Taken> take(const LockArguments& arguments, const Project& project, const World& world,
                   const std::optional<LockFile>& relock) {
  PENSTOCK_TRY(const std::vector<std::string> secrets, secret_names(project, arguments.choice));
  PENSTOCK_TRY(const std::vector<std::string> names, pipelines(arguments, project));
  PENSTOCK_TRY(IntakeOptions options, intake_options(world, arguments.choice, secrets));
  options.relock = relock;
  options.children = true;
  PENSTOCK_TRY(const std::vector<Circumstances> of, events(project, options.circumstances));
  Taken taken;
  for (const std::string& name : names) {
    options.pipeline = name;
    PENSTOCK_TRY(const std::vector<Compiled> all, compile_for_events(project.repository, options, of));
    taken.failed = report(all.front().diagnostics, world) || taken.failed;
    for (const Compiled& compiled : all) {
      for (const Pin& pin : compiled.used.pins) taken.used.put(pin);
    }
    const std::vector<std::string>& unseen = all.front().unseen_children;
    taken.unseen.insert(taken.unseen.end(), unseen.begin(), unseen.end());
  }
  return taken;
}

/// The file's path in the work tree; what it holds there.
std::filesystem::path lock_path(const Project& project) { return project.repository.top_level() / kLockPath; }

Result<std::optional<LockFile>> read_lock(const Project& project) {
  constexpr size_t kLimit = size_t{16} << 20;
  PENSTOCK_TRY(const std::optional<std::string> text, os::read_file_if_exists(lock_path(project), kLimit));
  if (!text) return std::optional<LockFile>();
  PENSTOCK_TRY(LockFile lock, parse_lock(*text));
  return std::optional(std::move(lock));
}

/// `group/ci` names all its refs, too.
bool names(const std::string& word, const Pin& pin) {
  return pin.name == word || (pin.kind == Pin::Kind::project && pin.name.starts_with(word + "@"));
}

/// Forgets what is to be looked for anew.
Result<> forget(const std::vector<std::string>& words, LockFile& lock) {
  if (words.empty()) lock.pins.clear();
  for (const std::string& word : words) {
    if (std::erase_if(lock.pins, [&](const Pin& pin) { return names(word, pin); }) > 0) continue;
    Error error{Fault::user, "`" + word + "` isn't in `" + std::string(kLockPath) + "`", ""};
    std::vector<std::string_view> known;
    for (const Pin& pin : lock.pins) known.emplace_back(pin.name);
    if (const auto near = did_you_mean(word, known)) error.help = "did you mean `" + *near + "`?";
    return error;
  }
  return success();
}

/// Asks registries in the user's name.
Result<ImageRegistry> registry(const LockArguments& arguments, const Project& project, const World& world) {
  const std::filesystem::path home = os::current_user().home;
  PENSTOCK_TRY(const std::vector<git::ConfigEntry> config, project.repository.config());
  ImageRegistry::Surroundings around{read_include_settings(config, home), world.variable("DOCKER_CONFIG"),
                                     "/var/run/docker.sock"};
  around.settings.offline = around.settings.offline || arguments.choice.offline;
  if (around.docker_config.empty()) around.docker_config = home / ".docker";
  constexpr std::string_view kSocket = "unix://";
  if (const std::string engine = world.variable("DOCKER_HOST"); engine.starts_with(kSocket))
    around.engine = engine.substr(kSocket.size());
  return ImageRegistry(std::move(around));
}

void warn(const World& world, const std::string& message, const std::string& help) {
  world.outputs.err.write("warning: " + message + "\n" + (help.empty() ? "" : "   help: " + help + "\n"));
}

/// Pins the images that aren't; tells of those that can't be.
Result<> pin_images(LockFile& lock, const LockArguments& arguments, const Project& project, const World& world) {
  PENSTOCK_TRY(ImageRegistry asked, registry(arguments, project, world));
  for (Pin& pin : lock.pins) {
    if (pin.kind != Pin::Kind::image || !pin.sha256.empty()) continue;
    const std::optional<ImageName> name = parse_image_name(pin.name);
    if (!name) {
      warn(world, "the image `" + pin.name + "` isn't pinned: its name is known only when a job starts", "");
      continue;
    }
    const Result<std::string> digest = asked.digest_of(*name);
    if (digest.ok()) {
      pin.sha256 = *digest;
    } else {
      warn(world, "the image `" + pin.name + "` isn't pinned: " + digest.error().message, digest.error().help);
    }
  }
  return success();
}

/// Which images stand for something else by now. What can't be asked is as it was.
Result<> tell_moved(const LockFile& lock, const LockArguments& arguments, const Project& project, const World& world) {
  PENSTOCK_TRY(ImageRegistry asked, registry(arguments, project, world));
  for (const Pin& pin : lock.pins) {
    const std::optional<ImageName> name = parse_image_name(pin.name);
    if (pin.kind != Pin::Kind::image || pin.sha256.empty() || !name || !name->sha256.empty()) continue;
    const Result<std::string> digest = asked.digest_of(*name);
    if (!digest.ok() || *digest == pin.sha256) continue;
    Pin now = pin;
    now.sha256 = *digest;
    world.outputs.err.write("note: the image `" + pin.name + "` has moved: " + pinned_to(pin) + " → " + pinned_to(now) +
                            "\n   help: take it with: ci lock --update " + pin.name + "\n");
  }
  return success();
}

Result<int> write(const LockArguments& arguments, const Project& project, const World& world) {
  PENSTOCK_TRY(const std::optional<LockFile> before, read_lock(project));
  LockFile kept = before.value_or(LockFile());
  if (arguments.verb == LockArguments::Verb::update) PENSTOCK_CHECK(forget(arguments.names, kept));
  PENSTOCK_TRY(Taken taken, take(arguments, project, world, kept));
  if (taken.failed) return static_cast<int>(kMistake);
  PENSTOCK_CHECK(pin_images(taken.used, arguments, project, world));
  for (const std::string& unseen : taken.unseen) warn(world, unseen + "; what it takes isn't locked", "");
  PENSTOCK_CHECK(os::ensure_folder(lock_path(project).parent_path()));
  PENSTOCK_CHECK(os::write_atomically(lock_path(project), to_text(taken.used)));
  const std::vector<std::string> changes = differences(before.value_or(LockFile()), taken.used);
  std::string text = std::string(kLockPath) + ": " + std::to_string(taken.used.pins.size()) + " locked" +
                     (changes.empty() ? ", nothing changed" : "") + "\n";
  for (const std::string& line : changes) text += line + "\n";
  world.outputs.out.write(text);
  return static_cast<int>(kPassed);
}

/// With the lock as it is: whether the pipelines can be had, and whether it holds what they don't need any more.
Result<int> check(const LockArguments& arguments, const Project& project, const World& world) {
  PENSTOCK_TRY(const std::optional<LockFile> lock, read_lock(project));
  if (!lock) {
    return Error{Fault::user, "there is no `" + std::string(kLockPath) + "`", "write it, and commit it, with: ci lock"};
  }
  PENSTOCK_TRY(const Taken strict, take(arguments, project, world, std::nullopt));
  if (strict.failed) return static_cast<int>(kMistake);
  PENSTOCK_TRY(const Taken all, take(arguments, project, world, *lock));
  const std::vector<std::string> changes = differences(*lock, all.used);
  if (all.failed || !changes.empty()) {
    std::string text = "`" + std::string(kLockPath) + "` isn't what the pipelines take:\n";
    for (const std::string& line : changes) text += line + "\n";
    world.outputs.err.write(text + "   help: bring it up to date with: ci lock\n");
    return static_cast<int>(kMistake);
  }
  if (!arguments.choice.offline) PENSTOCK_CHECK(tell_moved(*lock, arguments, project, world));
  world.outputs.out.write(std::string(kLockPath) + ": " + std::to_string(lock->pins.size()) + " locked\n");
  return static_cast<int>(kPassed);
}

Result<int> lock(LockArguments arguments, const World& world) {
  PENSTOCK_TRY(const Project project, find_project(world));
  // What is written belongs to the files as they lie here, and is committed along with them.
  arguments.choice.worktree = true;
  if (arguments.verb == LockArguments::Verb::check) return check(arguments, project, world);
  return write(arguments, project, world);
}

}  // namespace

int execute(const LockArguments& arguments, World& world) {
  const auto status = lock(arguments, world);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
