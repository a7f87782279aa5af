#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/world.h"
#include "runner/executor.h"

namespace penstock {

/// Whether a person sits at standard input and output.
bool has_person(const World& world);

/// An interactive shell in a job's room, on the caller's terminal, with the job's environment. Its prompt names the
/// job; it reads no start-up files, so that nothing but the job's variables is in it, and leaves the person's history
/// alone.
Result<ShellEnd> step_in(Room& room, std::string_view job, std::vector<std::string> environment, const World& world,
                         const Cancel& cancel);

/// The prompt of a job's shell, as bash reads it: nothing in the name is taken for a command.
std::string prompt_of(std::string_view job);

}  // namespace penstock
