#include "intake/intake.h"

#include "dialect_gitlab/gitlab.h"
#include "includes/outside_files.h"
#include "intake/find.h"
#include "intake/predefined.h"
#include "intake/sources.h"
#include "os/machine.h"

namespace penstock {
namespace {

constexpr size_t kShortId = 8;

Result<CommitFacts> read_commit(const git::Repository& repository) {
  CommitFacts facts;
  PENSTOCK_TRY(std::string head, repository.head());
  PENSTOCK_TRY(facts.commit, repository.commit(head));
  PENSTOCK_TRY(std::optional<std::string> branch, repository.branch());
  facts.short_id = head.substr(0, kShortId);
  facts.branch = branch.value_or("");
  if (branch) return facts;
  PENSTOCK_TRY(std::vector<std::string> tags, repository.tags_at(head));
  if (!tags.empty()) facts.tag = tags.back();
  return facts;
}

/// What a pipeline must know of them. Of a file with mistakes nothing is known: any name will do, since its mistakes
/// are told anyway.
std::vector<DeclaredEnvironment> declared(const CompiledEnvironments& environments) {
  if (!environments.file) return {{"*", "", "", true}};
  std::vector<DeclaredEnvironment> all;
  for (const EnvironmentSpec& spec : environments.file->environments) {
    all.push_back({spec.name, spec.tier, spec.url, !std::holds_alternative<std::monostate>(spec.target),
                   spec.approvals.required});
  }
  return all;
}

/// What is the same for all events that a pipeline is compiled for.
struct Prepared {
  const git::Repository& repository;
  RepositorySources sources;
  CommitFacts commit;
  FoundPipeline found;
  std::optional<CompiledEnvironments> environments;
  CompileRequest request;  ///< But for the variables of the event.
  Variables project;
  std::optional<LockFile> lock;
  std::unique_ptr<OutsideFiles> outside;  ///< Made when this lies where it stays, since it knows `sources`.
};

Result<std::optional<LockFile>> read_lock(RepositorySources& sources) {
  PENSTOCK_TRY(const std::optional<std::string> text, sources.read(kLockPath));
  if (!text) return std::optional<LockFile>();
  PENSTOCK_TRY(LockFile lock, parse_lock(*text));
  return std::optional(std::move(lock));
}

/// What the project's files don't hold comes from where the user's settings say.
Result<> reach_outside(Prepared& prepared, const IntakeOptions& options) {
  if (prepared.outside) return success();
  PENSTOCK_TRY(const std::vector<git::ConfigEntry> config, prepared.repository.config());
  IncludeSettings settings = read_include_settings(config, os::current_user().home);
  settings.offline = settings.offline || options.offline;
  OwnProject own{&prepared.sources, &prepared.repository, prepared.commit.commit.id, {}, prepared.commit.branch};
  PENSTOCK_TRY(own.address, project_address(prepared.repository));
  prepared.outside = std::make_unique<OutsideFiles>(
      std::move(own), std::move(settings), os::xdg_folder("XDG_CACHE_HOME", ".cache") / "penstock/includes",
      options.relock ? options.relock : prepared.lock, options.relock ? LockUse::some : LockUse::everything);
  prepared.sources.reach_outside(*prepared.outside);
  return success();
}

/// An image's digest is known where its name holds it: nobody is asked for it.
Pin image_pin(const std::string& name) {
  constexpr std::string_view kDigest = "@sha256:";
  Pin pin;
  pin.kind = Pin::Kind::image;
  pin.name = name;
  const size_t at = name.find(kDigest);
  if (at != std::string::npos && digest_from_hex(name.substr(at + kDigest.size()))) {
    pin.sha256 = name.substr(at + kDigest.size());
  }
  return pin;
}

/// Takes the images down, and reports those that a lock doesn't hold.
void lock_images(const Prepared& prepared, const std::vector<std::string>& images, bool locked, Compiled& compiled) {
  compiled.used = prepared.outside->used();
  for (const std::string& image : images) {
    compiled.used.put(image_pin(image));
    if (!locked || prepared.lock->find(Pin::Kind::image, image) != nullptr) continue;
    Diagnostic told;
    told.name = "unlocked-image";
    told.span = {std::make_shared<const SourceFile>(SourceFile{prepared.found.path, {}}), 1, 1, 1, 1};
    told.message = "the image `" + image + "` isn't in `" + std::string(kLockPath) + "`";
    told.help = "add it with: ci lock";
    compiled.diagnostics.push_back(std::move(told));
    compiled.plan.reset();
  }
}

Result<Prepared> prepare(const git::Repository& repository, const IntakeOptions& options) {
  PENSTOCK_TRY(CommitFacts commit, read_commit(repository));
  RepositorySources sources(repository, commit.commit.id, options.worktree);
  Prepared prepared{repository, std::move(sources), std::move(commit), {}, {}, {}, {}, {}, nullptr};
  PENSTOCK_TRY(prepared.found, find_pipeline(prepared.sources, options.pipeline));
  PENSTOCK_TRY(prepared.lock, read_lock(prepared.sources));
  CompileRequest& request = prepared.request;
  request.every_include = options.relock.has_value();
  request.locked = prepared.lock.has_value();
  request.path = prepared.found.path;
  request.own_keywords = prepared.found.own_keywords;
  request.pipeline_variables = options.variables;
  request.inputs = options.inputs;
  PENSTOCK_TRY(prepared.project,
               project_variables(repository, prepared.commit, prepared.found.path, options.environment));
  PENSTOCK_TRY(prepared.environments, read_environments(repository, prepared.commit.commit.id, options.worktree));
  request.advise = options.advise;
  if (prepared.environments) request.environments = declared(*prepared.environments);
  return prepared;
}

void compile_request(Prepared& prepared, const IntakeOptions& options, const CompileRequest& request,
                     Compiled& compiled) {
  CompileResult result = GitLabDialect().compile(request, prepared.sources);
  compiled.plan = std::move(result.plan);
  compiled.diagnostics = std::move(result.diagnostics);
  compiled.lock = prepared.lock;
  lock_images(prepared, result.images, prepared.lock && !options.relock, compiled);
  if (prepared.environments) {
    const Diagnostics& more = prepared.environments->diagnostics;
    if (has_errors(more)) compiled.plan.reset();
    compiled.diagnostics.insert(compiled.diagnostics.end(), more.begin(), more.end());
    compiled.environments = prepared.environments->file;
  }
  compiled.workflow = std::move(result.workflow);
}

Result<Compiled> compile_for(Prepared& prepared, const IntakeOptions& options, const Circumstances& wanted) {
  PENSTOCK_CHECK(reach_outside(prepared, options));
  Compiled compiled;
  compiled.commit = prepared.commit;
  compiled.path = prepared.found.path;
  compiled.name = prepared.found.name;
  PENSTOCK_TRY(compiled.circumstances,
               settle(wanted, prepared.repository, prepared.commit.branch, prepared.commit.tag));
  prepared.sources.compile_for(compiled.circumstances);
  std::string base;
  if (compiled.circumstances.is_merge_request()) {
    PENSTOCK_TRY(const std::optional<std::string> found, prepared.sources.base());
    base = found.value_or("");
  }
  CompileRequest request = prepared.request;
  request.predefined = prepared.project;
  for (Variable& variable :
       event_variables(prepared.repository, prepared.commit, compiled.circumstances, prepared.project, base)) {
    request.predefined.push_back(std::move(variable));
  }
  compile_request(prepared, options, request, compiled);
  return compiled;
}

/// What the child's rules see is what those of its parent saw, but for the source. A parent that could compare nothing
/// (a schedule) has no commit before.
Circumstances circumstances_of_child(const Variables& predefined) {
  const auto value = [&](std::string_view name) { return value_of(predefined, name); };
  Circumstances child;
  child.event = "parent_pipeline";
  child.branch = value("CI_COMMIT_BRANCH");
  child.tag = value("CI_COMMIT_TAG");
  if (!value("CI_MERGE_REQUEST_IID").empty()) {
    child.event = "merge_request_event";
    child.branch = value("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME");
    child.target_branch = value("CI_MERGE_REQUEST_TARGET_BRANCH_NAME");
  } else if (value("CI_COMMIT_BEFORE_SHA").find_first_not_of('0') == std::string::npos) {
    child.event = "schedule";
  }
  return child;
}

}  // namespace

void expect_pipeline(const git::Repository& repository, const std::string& pipeline, bool worktree) {
  const Result<std::string> head = repository.head();
  if (!head.ok()) return;
  std::vector<std::string> paths;
  if (!worktree) {
    paths = first_candidates(pipeline);
    paths.emplace_back(kEnvironmentsPath);
    paths.emplace_back(kLockPath);
  }
  repository.expect(*head, paths);
}

Result<Compiled> compile_pipeline(const git::Repository& repository, const IntakeOptions& options) {
  PENSTOCK_TRY(Prepared prepared, prepare(repository, options));
  return compile_for(prepared, options, options.circumstances);
}

Result<std::vector<Compiled>> compile_for_events(const git::Repository& repository, const IntakeOptions& options,
                                                 const std::vector<Circumstances>& events) {
  PENSTOCK_TRY(Prepared prepared, prepare(repository, options));
  std::vector<Compiled> all;
  for (const Circumstances& event : events) {
    PENSTOCK_TRY(Compiled compiled, compile_for(prepared, options, event));
    all.push_back(std::move(compiled));
  }
  return all;
}

Result<Compiled> compile_child(const git::Repository& repository, const ChildOptions& options) {
  Compiled compiled;
  compiled.path = options.name;
  compiled.commit.commit.id = options.commit;
  compiled.circumstances = circumstances_of_child(options.predefined);
  RepositorySources sources(repository, options.commit, options.worktree);
  Prepared prepared{repository, std::move(sources), compiled.commit, {}, {}, {}, {}, {}, nullptr};
  prepared.found.path = options.name + " (child pipeline)";
  PENSTOCK_TRY(prepared.lock, read_lock(prepared.sources));
  PENSTOCK_TRY(prepared.environments, read_environments(repository, options.commit, options.worktree));
  // `ci lock` can't know what a file that a job makes will ask for.
  IntakeOptions intake;
  if (!options.made.empty()) intake.relock = prepared.lock.value_or(LockFile());
  PENSTOCK_CHECK(reach_outside(prepared, intake));
  prepared.lock.reset();  // it holds a child's includes, not its images
  CompileRequest& request = prepared.request;
  request.path = prepared.found.path;
  request.own_keywords = options.name.starts_with(".ci/");
  request.pipeline_variables = options.variables;
  request.predefined = options.predefined;
  if (prepared.environments) request.environments = declared(*prepared.environments);
  std::erase_if(request.predefined, [](const Variable& variable) { return variable.name == "CI_PIPELINE_NAME"; });
  for (Variable& variable : request.predefined) {
    if (variable.name == "CI_PIPELINE_SOURCE") variable.value = "parent_pipeline";
  }
  prepared.sources.compile_for(compiled.circumstances);
  prepared.sources.put(request.path, options.source);
  for (const auto& [path, text] : options.made) prepared.sources.put(path, text);
  compile_request(prepared, intake, request, compiled);
  if (compiled.plan) compiled.plan->source = options.name;
  return compiled;
}

Result<std::vector<std::string>> pipeline_names(const git::Repository& repository, const IntakeOptions& options) {
  PENSTOCK_TRY(std::string head, repository.head());
  RepositorySources sources(repository, head, options.worktree);
  return list_pipelines(sources);
}

}  // namespace penstock
