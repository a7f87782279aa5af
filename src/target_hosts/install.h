#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delivery/target.h"
#include "environments/environment_spec.h"
#include "rollout/release.h"

namespace penstock {

class BlobStore;
class EnvironmentHost;

/// The artifacts of a release that an application runs: its wheel, or all files that it names.
struct ChosenArtifacts {
  std::vector<ReleaseFile> files;
  bool wheel = false;  ///< They are wheels of one distribution.
};
/// Fault::user where the release has nothing of that name, with what it has.
Result<ChosenArtifacts> chosen_artifacts(const ApplicationSpec& application, const Release& release);

/// The requirements for pip, each by its hashes: `app==2.8.0 --hash=sha256:…`.
std::string requirements_of(const std::vector<ReleaseFile>& wheels);

/// The name of a release's folder below `releases/`.
std::string release_folder(const std::string& release);

/// Asks the application's Python on a host what it is.
Result<HostInterpreter> host_interpreter(EnvironmentHost& host, const ApplicationSpec& application);

/// Brings a release to a host and installs it; where that was done, nothing happens. For a wheel `interpreter` is the
/// host's, and must be one that the release was resolved for: nothing is touched otherwise.
Result<> install(EnvironmentHost& host, const ApplicationSpec& application, const Release& release, BlobStore& blobs,
                 const std::optional<HostInterpreter>& interpreter);

/// Removes releases but those named and those that instances stand on, and contents that nobody needs any more.
Result<> tidy_releases(EnvironmentHost& host, const std::vector<std::string>& keep);

}  // namespace penstock
