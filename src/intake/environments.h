#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "environments/compile.h"
#include "git/repository.h"

namespace penstock {

/// The environments that the project declares at a commit, or (`worktree`) in its work tree; nothing where it has no
/// such file. What is wrong in its text is in the diagnostics.
Result<std::optional<CompiledEnvironments>> read_environments(const git::Repository& repository,
                                                              const std::string& commit, bool worktree);

}  // namespace penstock
