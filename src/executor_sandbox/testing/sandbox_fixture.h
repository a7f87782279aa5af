#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "executor_sandbox/sandbox_executor.h"
#include "os/files.h"
#include "runner/cancel.h"

namespace penstock::sandbox {

/// What a shell printed and how it ended.
struct Outcome {
  std::string output;
  ShellEnd end;
};

/// A project with two layers, and an executor on one rung for it.
///
///   project/            the real work tree: `kept`, `.git/objects/real`
///   layers/base/tree    the lower layer: `file`, `removed`, `deep/folder/leaf`, `.git/HEAD`, `.git/borrowed` (to mount
///   on) layers/thin/tree    on top of it: another `file`, `removed` removed
class SandboxFixture {
 public:
  explicit SandboxFixture(Rung rung);

  /// Whether this machine lets us stand on the rung that was asked for.
  [[nodiscard]] bool stands() const { return report_.rung == rung_; }

  SandboxOptions options();
  SandboxExecutor& executor() { return *executor_; }
  /// Makes another one with these options.
  void restart(SandboxOptions options);
  void stop() { executor_.reset(); }

  std::unique_ptr<Room> open();
  std::unique_ptr<Room> open(const JobSpec& spec);
  [[nodiscard]] JobSpec spec() const;
  /// Runs a script in a room and gathers what it prints.
  static Outcome run(Room& room, const std::string& script);
  static Outcome run(Room& room, const ShellRequest& request, const Cancel& cancel);
  static ShellRequest request(Room& room, const std::string& script);
  /// The same in a room of its own.
  Outcome run(const std::string& script);

  [[nodiscard]] std::filesystem::path folder() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path project() const { return folder_.path() / "project"; }
  [[nodiscard]] std::filesystem::path state() const { return folder_.path() / "state"; }

 private:
  void lay_out();

  Rung rung_;
  os::TempFolder folder_;
  std::unique_ptr<SandboxExecutor> executor_;
  ProbeReport report_;
};

/// A rung as a part of a test's name.
std::string rung_in_name(const testing::TestParamInfo<Rung>& rung);

/// Processes of this machine whose command line holds `mark`.
size_t processes_with(const std::string& mark);
/// Waits (within a generous limit) until a condition holds.
bool eventually(const std::function<bool()>& condition);

}  // namespace penstock::sandbox
