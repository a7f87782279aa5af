#include "deployments/order.h"

#include <algorithm>
#include <future>
#include <set>

#include "base/words.h"
#include "delivery/ledger.h"
#include "delivery/target.h"
#include "os/clock.h"
#include "os/files.h"
#include "releases/pinned.h"
#include "releases/resolve.h"

namespace penstock {
namespace {

constexpr size_t kHostsAtATime = 16;
constexpr size_t kReleasesLookedAt = 50;

/// The releases that were live last, newest first: those that a rollback goes to.
std::vector<std::string> last_live(const std::vector<JournalEntry>& journal, int count) {
  std::vector<std::string> ids;
  for (auto entry = journal.rbegin(); entry != journal.rend() && static_cast<int>(ids.size()) < count; ++entry) {
    const bool live = entry->what == JournalEntry::What::promoted || entry->what == JournalEntry::What::rolled_back;
    if (live && std::find(ids.begin(), ids.end(), entry->release) == ids.end()) ids.push_back(entry->release);
  }
  return ids;
}

/// A number alone is not one's own: another clone on this machine, or one made anew in its place, has the same.
std::string own_id(const DeploymentParts& parts, const RolloutRecord& record) {
  return to_hex(sha256(parts.machine + "\n" + parts.state + "\n" + std::to_string(record.id) + "\n" +
                       std::to_string(record.created_at.time_since_epoch().count())));
}

Result<std::set<std::string>> interpreters_of(Target& target, const std::vector<HostSlots>& hosts) {
  std::set<std::string> tags;
  for (size_t start = 0; start < hosts.size(); start += kHostsAtATime) {
    std::vector<std::future<Result<std::optional<HostInterpreter>>>> asked;
    for (size_t i = start; i < std::min(hosts.size(), start + kHostsAtATime); ++i) {
      asked.push_back(
          std::async(std::launch::async, [&target, &host = hosts[i].host] { return target.interpreter(host); }));
    }
    std::optional<Error> failed;
    for (auto& answer : asked) {
      const auto interpreter = answer.get();
      if (!interpreter.ok()) {
        failed = interpreter.error();
      } else if (*interpreter) {
        tags.insert((*interpreter)->tag);
      }
    }
    if (failed) return *failed;
  }
  return tags;
}

/// Leaves the constraints of the release's commit in a file, for pip; empty where the environment names none.
Result<std::string> constraints_of(const DeploymentParts& parts, const EnvironmentSpec& spec, const Release& release) {
  const std::string& path = spec.application.constraints;
  if (path.empty()) return std::string();
  PENSTOCK_TRY(const std::optional<std::string> text, parts.read_file(release.commit, path));
  if (!text) {
    return Error{Fault::user, quoted(path) + " is not in commit " + release.commit.substr(0, 8),
                 "commit it, or leave `constraints` out of " + spec.name + "'s `application`"};
  }
  const std::filesystem::path file = parts.scratch / "constraints.txt";
  PENSTOCK_CHECK(os::write_atomically(file, *text));
  return file.string();
}

}  // namespace

std::string rollout_name(const DeploymentParts& parts, const RolloutRecord& record) {
  return std::to_string(record.id) + "@" + parts.machine + ":" + own_id(parts, record).substr(0, 8);
}

DeliveryOrder delivery_order(const DeploymentParts& parts, const StoredRollout& rollout, const EnvironmentSpec& spec,
                             const std::vector<JournalEntry>& journal, std::vector<Release> releases) {
  const RolloutFacts& facts = rollout.record.facts;
  const std::string number = std::to_string(rollout.record.id);
  DeliveryOrder order;
  order.environment = spec;
  order.from = facts.from;
  order.to = facts.release;
  order.entry.commit = facts.commit;
  order.entry.committed_at = releases.front().committed_at;
  order.entry.by = facts.who;
  order.entry.message = facts.message;
  if (!facts.override_freeze.empty())
    order.entry.message += (facts.message.empty() ? "" : "; ") + ("against the freeze: " + facts.override_freeze);
  order.entry.configuration = facts.configuration_digest;
  order.entry.secret_versions = facts.secret_versions;
  order.entry.rollout = rollout_name(parts, rollout.record);
  order.holder.who = facts.who.name + " on " + parts.machine;
  order.holder.what = facts.release_name + " (rollout " + number + ")";
  order.holder.token = own_id(parts, rollout.record);
  order.begun = !rollout.state.empty();
  order.rollback = facts.kind == RolloutFacts::Kind::rollback;
  order.returns = facts.kind == RolloutFacts::Kind::return_;
  const auto own = std::find_if(journal.begin(), journal.end(),
                                [&](const JournalEntry& entry) { return is_step_of(entry, order.entry.rollout); });
  if (own != journal.end()) {
    order.journal_seen = own->number - 1;
  } else if (!journal.empty()) {
    order.journal_seen = journal.back().number;
  }
  order.keep_releases = last_live(journal, spec.keep_releases);
  order.releases = std::move(releases);
  order.variables = parts.variables;
  order.folder = parts.folder;
  return order;
}

Result<Release> known_release(const DeploymentParts& parts, Ledger& ledger, const std::string& id) {
  PENSTOCK_TRY(std::optional<Release> known, parts.releases.release(id));
  if (known) return *std::move(known);
  PENSTOCK_TRY(const std::optional<std::string> manifest, ledger.manifest(id));
  if (!manifest) {
    return Error{Fault::user, "the release " + id.substr(0, 12) + " isn't known here or at the target any more",
                 "see what is: ci releases"};
  }
  PENSTOCK_TRY(Release release, release_from_json(*manifest));
  PENSTOCK_CHECK(parts.releases.keep_release(release));
  return release;
}

Result<Release> with_dependencies(const DeploymentParts& parts, Target& target, const EnvironmentSpec& spec,
                                  Release release) {
  if (wheel_of(release) == nullptr) return release;
  PENSTOCK_TRY(const std::set<std::string> tags, interpreters_of(target, spec.rollout.hosts));
  bool found = false;
  for (const std::string& tag : tags) {
    const bool known = std::any_of(release.dependencies.begin(), release.dependencies.end(),
                                   [&](const ResolvedDependencies& resolved) { return resolved.interpreter == tag; });
    if (known) continue;
    ResolveOptions options;
    options.interpreter = tag;
    options.environment = parts.variables;
    PENSTOCK_TRY(options.constraints, constraints_of(parts, spec, release));
    options.scratch = parts.scratch;
    PENSTOCK_TRY(const std::string inputs, resolution_inputs(parts.blobs, release, options));
    PENSTOCK_TRY(const std::vector<Release> earlier, parts.releases.releases(kReleasesLookedAt));
    std::optional<ResolvedDependencies> resolved = resolved_before(parts.blobs, inputs, tag, earlier);
    if (!resolved) {
      if (parts.progress) parts.progress("finding what " + release.name + " depends on, for " + tag);
      PENSTOCK_TRY(resolved, resolve_dependencies(parts.blobs, release, options, parts.clock, inputs));
    }
    release.dependencies.push_back(*std::move(resolved));
    found = true;
  }
  if (found) PENSTOCK_CHECK(parts.releases.keep_release(release));
  return release;
}

}  // namespace penstock
