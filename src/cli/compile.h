#pragma once

#include <optional>

#include "base/result.h"
#include "cli/arguments.h"
#include "cli/project.h"
#include "intake/intake.h"

namespace penstock {

/// Compiles the pipeline that the command line chose. `secrets` are the names of variables whose values only the jobs
/// get. `advise`: also warn of what is allowed and surely wrong or unsafe, and look into child pipelines.
Result<Compiled> compile(const git::Repository& repository, const World& world, const PipelineChoice& choice,
                         const std::vector<std::string>& secrets, bool advise = false);

/// What the intake is asked for, by the command line.
Result<IntakeOptions> intake_options(const World& world, const PipelineChoice& choice,
                                     const std::vector<std::string>& secrets);

/// Prints the diagnostics on standard error, errors and warnings with their carets; true where there are errors.
bool report(const Diagnostics& diagnostics, const World& world);

/// Why there is no pipeline although nothing is wrong: which rule of `workflow` said so.
void report_no_pipeline(const Compiled& compiled, const World& world);

/// The names in `--secret NAME[=FILE]` and those that `ci secrets` keeps.
Result<std::vector<std::string>> secret_names(const Project& project, const PipelineChoice& choice);

}  // namespace penstock
