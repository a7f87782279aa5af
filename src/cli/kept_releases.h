#pragma once

#include "base/result.h"
#include "blobs/blob_store.h"
#include "cli/kept_content.h"
#include "cli/project.h"

namespace penstock {

/// Counts in what deliveries need of the blob store: the files of releases that are or lately were live somewhere, that
/// a rollout wants, or that are among the newest; and what analyses judged.
Result<> add_deliveries(Project& project, KeptContent& kept);

}  // namespace penstock
