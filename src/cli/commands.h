#pragma once

#include "cli/arguments.h"
#include "cli/world.h"

namespace penstock {

/// Each command: does what its arguments say and returns the exit status (exit_status.h). Results go to standard
/// output, all else to standard error.
int execute(const RunArguments& arguments, World& world);
int execute(const PlanArguments& arguments, World& world);
int execute(const LintArguments& arguments, World& world);
int execute(const LockArguments& arguments, World& world);
int execute(const WhyArguments& arguments, World& world);
int execute(const LogArguments& arguments, World& world);
int execute(const ShellArguments& arguments, World& world);
int execute(const ListArguments& arguments, World& world);
int execute(const ShowArguments& arguments, World& world);
int execute(const GateArguments& arguments, World& world);
int execute(const CancelArguments& arguments, World& world);
int execute(const RetryArguments& arguments, World& world);
int execute(const ResumeArguments& arguments, World& world);
int execute(const WatchArguments& arguments, World& world);
int execute(const ArtifactsArguments& arguments, World& world);
int execute(const TestsArguments& arguments, World& world);
int execute(const SecretsArguments& arguments, World& world);
int execute(const DoctorArguments& arguments, World& world);
int execute(const CleanArguments& arguments, World& world);
int execute(const CompletionArguments& arguments, World& world);
int execute(const DeployArguments& arguments, World& world);
int execute(const UnpinArguments& arguments, World& world);
int execute(const RolloutArguments& arguments, World& world);
int execute(const ReleasesArguments& arguments, World& world);
int execute(const EnvArguments& arguments, World& world);
int execute(const AnalysisArguments& arguments, World& world);
int execute(const DoraArguments& arguments, World& world);
int execute(const IncidentArguments& arguments, World& world);
int execute(const PrintArguments& arguments, World& world);

}  // namespace penstock
