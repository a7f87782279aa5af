#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "deployments/deployments.h"

namespace penstock {

/// What going back to a release takes of its last deployment there: the application as it was configured then, and the
/// `secrets` of then. Where instances stand and how traffic reaches them is as declared now.
Result<EnvironmentSpec> as_configured_then(const EnvironmentSpec& now, const std::vector<JournalEntry>& journal,
                                           const std::string& release, Ledger& ledger, SecretVersions& secrets);

}  // namespace penstock
