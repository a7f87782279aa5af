#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "executor_sandbox/sandbox_executor.h"

namespace penstock {

namespace git {
class Repository;
}

/// The sources of jobs, from the layers of their commits. Each commit's layers are prepared once, in a thread of their
/// own, and held for as long as this lives. Thread-safe.
class LayerSources {
 public:
  static Result<std::unique_ptr<LayerSources>> make(const git::Repository& repository);
  ~LayerSources();

  /// Where layers and rooms lie.
  [[nodiscard]] const std::filesystem::path& folder() const;

  /// Begins to prepare a commit, with the layer of that id on top: what isn't committed (`RunFacts::worktree_layer`),
  /// or nothing.
  void prepare(const std::string& commit, const std::string& worktree_layer);
  /// The same with what isn't committed now.
  void prepare_with_worktree(const std::string& commit);
  /// Waits for that one, and gives the id of its layer.
  Result<std::string> worktree_layer(const std::string& commit);

  /// Waits for the layers of the job's commit, and begins with them if nobody has.
  Result<SandboxSources> of(const JobSpec& spec);

 private:
  struct State;
  explicit LayerSources(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace penstock
