#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "os/environment.h"
#include "rollout/release.h"

namespace penstock {

class BlobStore;
namespace os {
class Clock;
}

/// The wheel of a release that an interpreter of this kind would run; null where it has none.
const ReleaseFile* wheel_of(const Release& release);

struct ResolveOptions {
  /// What kInterpreterProbe prints on the host.
  std::string interpreter;
  std::string constraints;        ///< A constraints file of the project; empty: none.
  os::Environment environment;    ///< Of the caller: pip's settings, proxies.
  std::filesystem::path scratch;  ///< A folder for what is downloaded; must exist, is left empty.
};

/// Finds the wheels of all that the release's wheel stands on, with pip on this machine, and keeps them in the blob
/// store. Where this machine has an interpreter of that very kind, source distributions are built on the way; for
/// another kind only wheels count. Fault::user with pip's own last words where it can't be resolved, Fault::machine
/// where there is no pip. `inputs` (resolution_inputs in releases/pinned.h) is kept with it where all was pinned.
Result<ResolvedDependencies> resolve_dependencies(BlobStore& blobs, const Release& release,
                                                  const ResolveOptions& options, const os::Clock& clock,
                                                  const std::string& inputs = {});

}  // namespace penstock
