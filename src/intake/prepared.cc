#include "intake/prepared.h"

#include "dialect_gitlab/gitlab.h"
#include "includes/image_name.h"
#include "intake/predefined.h"
#include "os/machine.h"

namespace penstock {

Result<std::optional<LockFile>> read_lock(RepositorySources& sources) {
  PENSTOCK_TRY(const std::optional<std::string> text, sources.read(kLockPath));
  if (!text) return std::optional<LockFile>();
  PENSTOCK_TRY(LockFile lock, parse_lock(*text));
  return std::optional(std::move(lock));
}

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

std::vector<DeclaredEnvironment> declared(const CompiledEnvironments& environments) {
  if (!environments.file) return {{"*", "", "", true}};
  std::vector<DeclaredEnvironment> all;
  for (const EnvironmentSpec& spec : environments.file->environments) {
    const bool of_services = !spec.services.empty();  // these have targets, and each its own gate
    const bool has_target = of_services || !std::holds_alternative<std::monostate>(spec.target);
    all.push_back({spec.name, spec.tier, spec.url, has_target, of_services ? 0 : spec.approvals.required});
  }
  return all;
}

void use_lock(const LockFile& lock, CompileRequest& request) {
  request.locked = true;
  for (const Pin& pin : lock.pins) {
    if (pin.kind == Pin::Kind::image && !pin.sha256.empty()) request.image_digests[pin.name] = pin.sha256;
  }
}

void take_images(const Prepared& prepared, const IntakeOptions& options, const std::vector<std::string>& images,
                 const SourceSpan& span, Compiled& compiled) {
  const std::optional<LockFile>& known = options.relock ? options.relock : prepared.lock;
  for (const std::string& image : images) {
    const Pin* locked = known ? known->find(Pin::Kind::image, image) : nullptr;
    Pin pin;
    pin.kind = Pin::Kind::image;
    pin.name = image;
    if (const auto name = parse_image_name(image)) pin.sha256 = name->sha256;
    if (locked != nullptr && pin.sha256.empty()) pin.sha256 = locked->sha256;
    compiled.used.put(std::move(pin));
    if (locked != nullptr || !prepared.lock || options.relock) continue;
    Diagnostic told;
    told.name = "unlocked-image";
    told.span = span;
    told.message = "the image `" + image + "` isn't in `" + std::string(kLockPath) + "`";
    told.help = "add it with: ci lock";
    compiled.diagnostics.push_back(std::move(told));
    compiled.plan.reset();
  }
}

CompileResult compile_request(Prepared& prepared, const IntakeOptions& options, const CompileRequest& request,
                              Compiled& compiled) {
  CompileResult result = GitLabDialect().compile(request, prepared.sources);
  compiled.plan = std::move(result.plan);
  compiled.diagnostics = std::move(result.diagnostics);
  compiled.includes = std::move(result.includes);
  compiled.lock = prepared.lock;
  compiled.used = prepared.outside->used();
  const auto file = std::make_shared<const SourceFile>(SourceFile{prepared.found.path, {}});
  take_images(prepared, options, result.images, {file, 1, 1, 1, 1}, compiled);
  if (prepared.environments) {
    const Diagnostics& more = prepared.environments->diagnostics;
    if (has_errors(more)) compiled.plan.reset();
    compiled.diagnostics.insert(compiled.diagnostics.end(), more.begin(), more.end());
    compiled.environments = prepared.environments->file;
  }
  compiled.workflow = result.workflow;
  return result;
}

}  // namespace penstock
