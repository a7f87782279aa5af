#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "os/environment.h"
#include "target_commands/commands_target.h"

namespace penstock {

/// What the user's scripts are told in their environment: see commands_target.h. Safe from many threads.
class ScriptFacts {
 public:
  ScriptFacts(const CommandsTargetParts& parts, const std::filesystem::path& releases,
              const std::filesystem::path& secrets)
      : parts_(parts), releases_(releases), secrets_(secrets) {}

  [[nodiscard]] os::Environment of_environment() const;
  [[nodiscard]] os::Environment of_release(const std::string& release) const;
  [[nodiscard]] os::Environment of_instance(const Instance& instance) const;
  [[nodiscard]] std::string name_of(const Instance& instance) const;

 private:
  /// As this clone or the environment's ledger knows it.
  [[nodiscard]] std::optional<Release> known(const std::string& release) const;

  const CommandsTargetParts& parts_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::optional<Release>> told_;  ///< By the ledger.
  std::filesystem::path releases_;
  std::filesystem::path secrets_;
};

}  // namespace penstock
