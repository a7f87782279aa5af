#pragma once

#include <optional>
#include <string>
#include <vector>

#include "releases/resolve.h"

namespace penstock {

/// What the resolution of a release's dependencies depends on, as a digest: what its wheel requires, the constraints,
/// pip's settings and the interpreter. Empty where no constraints are named: then an index may say something new.
Result<std::string> resolution_inputs(BlobStore& blobs, const Release& release, const ResolveOptions& options);

/// Whether constraints (pip's format) say the version of each of these wheels, so that the same inputs have the same
/// outcome again.
bool are_pinned(const std::vector<ReleaseFile>& wheels, const std::string& constraints);

/// What an earlier release with the same inputs was resolved to, where all of it is still in the blob store.
std::optional<ResolvedDependencies> resolved_before(BlobStore& blobs, const std::string& inputs,
                                                    const std::string& interpreter,
                                                    const std::vector<Release>& earlier);

}  // namespace penstock
