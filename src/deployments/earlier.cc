#include "deployments/earlier.h"

#include <algorithm>
#include <utility>

#include "delivery/ledger.h"
#include "environments/json.h"

namespace penstock {

Result<EnvironmentSpec> as_configured_then(const EnvironmentSpec& now, const std::vector<JournalEntry>& journal,
                                           const std::string& release, Ledger& ledger, SecretVersions& secrets) {
  const auto then = std::find_if(journal.rbegin(), journal.rend(), [&](const JournalEntry& entry) {
    return entry.release == release && entry.what == JournalEntry::What::promoted && !entry.configuration.empty();
  });
  if (then == journal.rend()) return now;
  PENSTOCK_TRY(const std::optional<std::string> note, ledger.note("configuration-" + then->configuration));
  if (!note) return now;
  PENSTOCK_TRY(EnvironmentSpec earlier, environment_from_json(*note));
  EnvironmentSpec spec = now;
  spec.application = std::move(earlier.application);
  spec.readiness = std::move(earlier.readiness);
  spec.liveness = std::move(earlier.liveness);
  secrets = then->secret_versions;
  return spec;
}

}  // namespace penstock
