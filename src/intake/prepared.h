#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "includes/lock_file.h"
#include "includes/outside_files.h"
#include "intake/find.h"
#include "intake/intake.h"
#include "intake/sources.h"
#include "plan/dialect.h"

/// What the intake works with between a repository and a compiled pipeline.
namespace penstock {

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

Result<std::optional<LockFile>> read_lock(RepositorySources& sources);

/// What the project's files don't hold comes from where the user's settings say.
Result<> reach_outside(Prepared& prepared, const IntakeOptions& options);

/// What a pipeline must know of the environments. Of a file with mistakes nothing is known: any name will do, since its
/// mistakes are told anyway.
std::vector<DeclaredEnvironment> declared(const CompiledEnvironments& environments);

/// Has images stand in jobs by the digests that are locked.
void use_lock(const LockFile& lock, CompileRequest& request);

/// Compiles, and puts what came about into `compiled`.
CompileResult compile_request(Prepared& prepared, const IntakeOptions& options, const CompileRequest& request,
                              Compiled& compiled);

/// Takes images down in `compiled.used`, with the digests that are known; where a lock is to hold everything, reports
/// at `span` those that it doesn't.
void take_images(const Prepared& prepared, const IntakeOptions& options, const std::vector<std::string>& images,
                 const SourceSpan& span, Compiled& compiled);

}  // namespace penstock
