#include "intake/environments.h"

#include <memory>

#include "intake/sources.h"
#include "os/time_zones.h"

namespace penstock {
Result<std::optional<CompiledEnvironments>> read_environments(const git::Repository& repository,
                                                              const std::string& commit, bool worktree) {
  RepositorySources sources(repository, commit, worktree);
  PENSTOCK_TRY(std::optional<std::string> text, sources.read(kEnvironmentsPath));
  if (!text) return std::optional<CompiledEnvironments>();
  os::SystemTimeZones zones;
  auto source = std::make_shared<const SourceFile>(SourceFile{std::string(kEnvironmentsPath), std::move(*text)});
  return std::optional(compile_environments(std::move(source), zones));
}

}  // namespace penstock
