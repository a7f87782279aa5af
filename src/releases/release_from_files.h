#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "releases/make_release.h"
#include "rollout/release.h"

namespace penstock {

class BlobStore;

/// Makes a release of files that no run of ours kept: another CI system's job finds there what an earlier job of its
/// pipeline built. `places` are files and folders below `root`, as paths relative to it; of a folder all files below it
/// count, and no symbolic link is followed. What of them is `wanted` is as in make_release, by paths relative to `root`.
/// Without places: where `wanted` says that they lie (`dist/*.whl`: in `dist`), else `dist`. It was built when the
/// newest of them was written. Fault::user where there is nothing of the kind.
Result<Release> release_from_files(BlobStore& blobs, const std::filesystem::path& root, std::vector<std::string> places,
                                   const BuiltFrom& from, const std::string& wanted);

}  // namespace penstock
