#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "blobs/folder_blob_store.h"
#include "coordinator/poll_waiter.h"
#include "delivery/ledger.h"
#include "delivery/target.h"
#include "deployments/deployments.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/time_zones.h"
#include "store/driver_lease.h"
#include "store/sqlite_store.h"

namespace penstock::testing {

/// An environment in memory, for all clones that deploy to it: what stands there, and its ledger.
struct Site {
  std::mutex mutex;
  LeaseHolder lease;
  std::vector<JournalEntry> journal;
  size_t read = 0;  ///< Entries of the journal, by all.
  std::map<std::string, std::string> texts;
  std::map<InstanceAddress, Instance> running;
  std::set<std::string> broken;    ///< Releases that can't be started.
  std::function<void()> on_start;  ///< Called first where an instance is started; may be empty.
  std::function<void()> on_look;   ///< Called where somebody has read of the journal, before they go on; may be empty.

  std::vector<std::string> serving() {
    const std::lock_guard lock(mutex);
    std::vector<std::string> releases;
    for (const auto& [address, instance] : running) releases.push_back(instance.release);
    return releases;
  }
};

class SiteTarget final : public Target {
 public:
  explicit SiteTarget(Site& site) : site_(site) {}

  Result<int64_t> raise_fence(const LeaseHolder& holder) override { return holder.fence; }
  [[nodiscard]] std::optional<std::string> refused_for() override { return std::nullopt; }
  Result<std::vector<rollout_event::Observed::Standing>> observe() override {
    const std::lock_guard lock(site_.mutex);
    std::vector<rollout_event::Observed::Standing> standing;
    for (const auto& [address, instance] : site_.running) standing.push_back({instance, true, 0});
    return standing;
  }
  Result<std::optional<HostInterpreter>> interpreter(const std::string&) override {
    return std::optional<HostInterpreter>();
  }
  Result<> prepare(const std::string&, const Release&) override { return success(); }
  Result<> start(const Instance& instance) override {
    if (site_.on_start) site_.on_start();
    const std::lock_guard lock(site_.mutex);
    if (site_.broken.contains(instance.release)) return Error{Fault::job, "it ends at once", ""};
    site_.running[instance.address] = instance;
    return success();
  }
  Result<> stop(const Instance& instance) override {
    const std::lock_guard lock(site_.mutex);
    site_.running.erase(instance.address);
    return success();
  }
  Result<ProbeResult> probe(const Instance& instance, const Probe&, Duration) override {
    const std::lock_guard lock(site_.mutex);
    const bool ok = site_.running.contains(instance.address);
    return ProbeResult{ok, ok ? "fine" : "GET /: 503"};
  }
  Result<> shift(const TrafficSplit&) override { return success(); }
  Result<std::optional<int>> open_requests(const Instance&) override { return std::optional<int>(0); }
  Result<std::string> last_log(const Instance&, int) override { return std::string("its last words"); }
  Result<> follow_log(const Instance&, std::stop_token, const std::function<bool(std::string_view)>&) override {
    return success();
  }
  Result<> tidy(const std::string&, const std::vector<std::string>&) override { return success(); }
  Result<> watch_requests(std::stop_token, const std::function<void(const ServedRequest&)>&) override {
    return Error{Fault::user, "nobody counts requests here", ""};
  }
  Result<int> attend(const Instance&, const std::string&, std::stop_token, const AttendedOutput&) override { return 0; }
  Result<std::string> run(const std::string&, const std::string&,
                          const std::vector<std::pair<std::string, std::string>>&) override {
    return std::string();
  }

 private:
  Site& site_;
};

/// As the one in a folder (delivery/folder_ledger.h), without a shell for each call.
class SiteLedger final : public Ledger {
 public:
  explicit SiteLedger(Site& site) : site_(site) {}

  Result<Taken> take(const LeaseHolder& holder, Duration for_time) override {
    const std::lock_guard lock(site_.mutex);
    const Instant now = os::SystemClock().now();
    if (!site_.lease.token.empty() && site_.lease.token != holder.token && site_.lease.until > now)
      return Taken{false, site_.lease};
    site_.lease = {holder.who, holder.what, holder.token, now + for_time, site_.lease.fence + 1};
    return Taken{true, site_.lease};
  }
  Result<bool> renew(const LeaseHolder& holder, Duration for_time) override {
    const std::lock_guard lock(site_.mutex);
    if (site_.lease.fence != holder.fence) return false;
    site_.lease.until = os::SystemClock().now() + for_time;
    return true;
  }
  Result<> let_go(const LeaseHolder& holder) override {
    const std::lock_guard lock(site_.mutex);
    if (site_.lease.fence == holder.fence) site_.lease = {{}, {}, {}, {}, holder.fence};
    return success();
  }
  Result<std::optional<LeaseHolder>> holder() override {
    const std::lock_guard lock(site_.mutex);
    return site_.lease.token.empty() ? std::nullopt : std::optional(site_.lease);
  }
  Result<std::optional<std::string>> newer_than(int64_t fence) override {
    const std::lock_guard lock(site_.mutex);
    return site_.lease.fence > fence ? std::optional(site_.lease.who) : std::nullopt;
  }
  Result<int64_t> append(const JournalEntry& entry, int64_t fence) override {
    const std::lock_guard lock(site_.mutex);
    if (fence != 0 && fence != site_.lease.fence) return Error{Fault::user, "it belongs to somebody else now", ""};
    site_.journal.push_back(entry);
    return site_.journal.back().number = static_cast<int64_t>(site_.journal.size());
  }
  Result<std::vector<JournalEntry>> entries(int64_t after) override {
    std::vector<JournalEntry> entries;
    {
      const std::lock_guard lock(site_.mutex);
      const auto first = std::min<size_t>(static_cast<size_t>(after), site_.journal.size());
      site_.read += site_.journal.size() - first;
      entries.assign(site_.journal.begin() + static_cast<int64_t>(first), site_.journal.end());
    }
    if (site_.on_look) site_.on_look();
    return entries;
  }
  Result<> put_manifest(const std::string& release, const std::string& json) override {
    return put_note(release, json, 0);
  }
  Result<std::optional<std::string>> manifest(const std::string& release) override { return note(release); }
  Result<> put_file(const std::string&, const Digest&, const std::filesystem::path&) override { return success(); }
  Result<std::optional<std::string>> file(const std::string&, const Digest&) override {
    return std::optional<std::string>();
  }
  Result<> tidy_files(const std::vector<std::string>&) override { return success(); }
  Result<> put_note(const std::string& name, const std::string& text, int64_t) override {
    const std::lock_guard lock(site_.mutex);
    site_.texts[name] = text;
    return success();
  }
  Result<std::optional<std::string>> note(const std::string& name) override {
    const std::lock_guard lock(site_.mutex);
    const auto found = site_.texts.find(name);
    return found == site_.texts.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  Site& site_;
};

/// The environments that clones share.
struct Sites {
  Sites() : folder(in_memory()) {}
  /// Many small synced writes: a busy disk would be most of what is measured.
  static os::TempFolder in_memory() {
    auto folder = os::TempFolder::make("/dev/shm");
    return folder.ok() ? std::move(*folder) : std::move(*os::TempFolder::make());
  }
  std::unique_ptr<Ledger> ledger(const std::string& environment = "production") {
    return std::make_unique<SiteLedger>(sites[environment]);
  }
  std::vector<JournalEntry> journal(const std::string& environment = "production") {
    return sites[environment].journal;
  }

  os::TempFolder folder;
  std::map<std::string, Site> sites;
};

/// A clone of the project on some machine: its state, and what it deploys with.
class Clone final : public RolloutObserver {
 public:
  Clone(Sites& world, const std::string& name) : world_(world), waiter(clock) {
    const std::filesystem::path state = world.folder.path() / name;
    std::filesystem::create_directories(state);
    store = std::move(*open_sqlite_store(state / "state.db"));
    leases = open_folder_leases(state / "locks");
    blobs = std::move(*open_folder_blob_store(state / "blobs"));
    deployments = std::make_unique<Deployments>(DeploymentParts{
        *store,
        *store,
        *store,
        *leases,
        *blobs,
        clock,
        zones,
        [this](const EnvironmentSpec& spec, const SecretVersions&) { return open(spec); },
        [this](const std::string& ancestor, const std::string& descendant) -> Result<bool> {
          if (on_ask) std::exchange(on_ask, nullptr)();
          return ancestor < descendant;  // `c1` came before `c2`
        },
        [](const std::string&, const std::string&) { return Result<std::optional<std::string>>(std::nullopt); },
        {},
        {{"PATH", "/usr/bin:/bin"}},
        state,
        state,
        "laptop",
        state.string()});
  }

  static EnvironmentSpec environment(const std::string& name = "production") {
    EnvironmentSpec spec;
    spec.name = name;
    spec.rollout.environment = name;
    spec.rollout.instances = 1;
    spec.rollout.hosts = {{"local", {1, 2}}};
    spec.rollout.drain = Duration(0);
    spec.rollout.health.every = Duration(2);
    spec.rollout.health.start_within = std::chrono::seconds(30);
    spec.queue = EnvironmentQueue::unordered;
    return spec;
  }
  /// The release `app-N`, of commit `cN`.
  static Release release(const std::string& number) {
    Release release;
    release.name = "app-" + number;
    release.commit = "c" + number;
    release.id = release_id(release.commit, {});
    return release;
  }

  Result<int64_t> request(const std::string& number, const EnvironmentSpec& spec = environment(),
                          const std::function<void(DeploymentRequest&)>& more = {}) {
    DeploymentRequest request;
    request.environment = spec;
    request.release = release(number);
    request.who = {"ana", "ana@example.org", false};
    if (more) more(request);
    PENSTOCK_TRY(const StoredRollout stored, deployments->request(request));
    return stored.record.id;
  }
  Result<DeploymentEnd> drive(int64_t rollout, bool stay = false) {
    return deployments->drive(rollout, waiter, *this, stay);
  }
  /// Asks for it and drives it; how its rollout stands then.
  RolloutSummary deploy(const std::string& number, const EnvironmentSpec& spec = environment(),
                        const std::function<void(DeploymentRequest&)>& more = {}) {
    const auto rollout = request(number, spec, more);
    EXPECT_TRUE(rollout.ok());
    const auto end = drive(*rollout);
    EXPECT_TRUE(end.ok()) << end.error().message;
    return end.ok() ? end->summary : RolloutSummary();
  }
  RolloutSummary summary(int64_t rollout) { return store->load_rollout(rollout)->record.summary; }

  void changed(const RolloutRecord& record, const RolloutView& view) override {
    if (on_change) on_change(record, view);
  }
  void said(Instant, const std::string& line) override {
    lines.push_back(line);
    if (on_said) on_said(line);
  }

 private:
  Result<EnvironmentAccess> open(const EnvironmentSpec& spec) {
    if (broken_target) return Error{Fault::user, "no value for the secret `TOKEN`", ""};
    EnvironmentAccess access;
    access.ledger = world_.ledger(spec.name);
    access.target = std::make_unique<SiteTarget>(world_.sites[spec.name]);
    return access;
  }

  Sites& world_;

 public:
  os::SystemClock clock;
  os::SystemTimeZones zones;
  std::unique_ptr<SqliteStore> store;
  std::unique_ptr<DriverLeases> leases;
  std::unique_ptr<BlobStore> blobs;
  PollWaiter waiter;
  std::unique_ptr<Deployments> deployments;
  std::function<void()> on_ask;  ///< Called once, while the gate is asked over what is live.
  std::function<void(const RolloutRecord&, const RolloutView&)> on_change;
  std::function<void(const std::string&)> on_said;
  std::vector<std::string> lines;
  bool broken_target = false;
};

}  // namespace penstock::testing
