#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "delivery/target.h"
#include "os/environment.h"

namespace penstock {

class BlobStore;
class Ledger;
struct EnvironmentSpec;

namespace os {
class Clock;
}

/// What a target of the user's own scripts works with. The references outlive it.
struct CommandsTargetParts {
  const EnvironmentSpec& environment;
  Ledger& ledger;  ///< Remembers what was started, where no `observe` command tells.
  BlobStore& blobs;
  const os::Clock& clock;
  std::filesystem::path folder;   ///< Ours: releases' files, logs and secrets of instances lie here.
  std::filesystem::path work;     ///< Where the scripts run: the repository.
  os::Environment variables;      ///< Of each script; facts, and the application's variables, come on top.
  std::vector<Release> releases;  ///< Whose names the scripts are told.
  std::vector<std::pair<std::string, std::string>> secrets;  ///< Name and value; the scripts find them as files.
};

/// Instances that the user's own scripts start, check, shift and stop, on this machine and through `sh`. Each is told
/// in its environment: ENVIRONMENT, RELEASE (its id), RELEASE_NAME, VERSION, COMMIT, ARTIFACTS (a folder with the
/// release's files, each checked against its digest); for an instance HOST, PORT, INSTANCE (`production-web1-8001`),
/// GROUP (stable, incoming, baseline), STOP_SIGNAL, STOP_WITHIN (seconds); SECRETS, a folder with a file a secret,
/// where there are some. A script may leave a program running: what that prints goes to the instance's log.
///
/// An Error (Fault::user) where the environment isn't one of this kind, or can't do what it asks for.
Result<std::unique_ptr<Target>> make_commands_target(CommandsTargetParts parts);

}  // namespace penstock
