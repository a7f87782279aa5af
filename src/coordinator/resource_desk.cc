#include "coordinator/resource_desk.h"

#include <utility>
#include <variant>

#include "coordinator/waiter.h"
#include "store/driver_lease.h"

namespace penstock {
ResourceDesk::ResourceDesk(RunStore& store, DriverLeases& leases, Waiter& waiter, int64_t run)
    : store_(store), leases_(leases), waiter_(waiter), run_(run) {}

ResourceDesk::~ResourceDesk() { forget_watches(); }

void ResourceDesk::learn(const Job& job) {
  if (!job.resource_group) return;
  if (const auto mode = queue_mode_from_name(job.resource_group->mode)) modes_[job.resource_group->name] = *mode;
}

void ResourceDesk::note(const Command& command) {
  if (const auto* announced = std::get_if<command::AnnounceResource>(&command)) {
    announce(announced->job, announced->group);
  } else if (const auto* requested = std::get_if<command::RequestResource>(&command)) {
    claim(requested->job, requested->group);
  } else if (const auto* released = std::get_if<command::ReleaseResource>(&command)) {
    noted_.push_back(arbiter_event::Released{{run_, released->job}, released->group});
    touched_.insert(released->group);
  }
}

void ResourceDesk::claim(const std::string& job, const std::string& group) {
  noted_.push_back(arbiter_event::Requested{{run_, job}, group});
  touched_.insert(group);
}

void ResourceDesk::announce(const std::string& job, const std::string& group) {
  noted_.push_back(arbiter_event::Announced{{run_, job}, group});
  touched_.insert(group);
}

std::vector<ArbiterEvent> ResourceDesk::mode_changes() const {
  std::vector<ArbiterEvent> changes;
  for (const std::string& group : touched_) {
    const auto wanted = modes_.find(group);
    if (wanted == modes_.end()) continue;
    const auto found = state_.arbiter.groups().find(group);
    const QueueMode now = found == state_.arbiter.groups().end() ? QueueMode::unordered : found->second.mode;
    if (now != wanted->second) changes.push_back(arbiter_event::ModeChanged{group, wanted->second});
  }
  return changes;
}

Result<> ResourceDesk::prepare(Transition& transition) {
  transition.arbiter.reset();
  transition.posts.clear();
  if (noted_.empty()) return success();
  PENSTOCK_TRY(state_, store_.arbiter());
  concerned_ = others_in(touched_);
  std::vector<Grant> grants;
  std::vector<ArbiterEvent> events = mode_changes();
  events.insert(events.end(), noted_.begin(), noted_.end());
  for (const ArbiterEvent& event : events) {
    for (Grant& grant : state_.arbiter.apply(event)) grants.push_back(std::move(grant));
  }
  for (const Grant& grant : grants) {
    transition.posts.push_back({grant.claim.run, Event{transition.at, event::ResourceGranted{grant.claim.job}}});
  }
  transition.arbiter = state_;
  return success();
}

bool ResourceDesk::committed(const Transition& transition) {
  bool granted = false;
  for (const auto& [run, event] : transition.posts) {
    if (run == run_) {
      granted = true;
    } else {
      concerned_.insert(run);
    }
  }
  for (const int64_t run : concerned_) leases_.wake(run);
  noted_.clear();
  touched_.clear();
  concerned_.clear();
  return granted;
}

std::set<int64_t> ResourceDesk::others_in(const std::set<std::string>& groups) const {
  std::set<int64_t> runs;
  for (const std::string& name : groups) {
    const auto found = state_.arbiter.groups().find(name);
    if (found == state_.arbiter.groups().end()) continue;
    for (const auto* claims : {&found->second.holders, &found->second.waiting, &found->second.announced}) {
      for (const Claim& claim : *claims) runs.insert(claim.run);
    }
  }
  runs.erase(run_);
  return runs;
}

Result<bool> ResourceDesk::wait_for(const std::set<std::string>& groups, const std::function<void()>& woken) {
  for (;;) {
    forget_watches();
    PENSTOCK_TRY(state_, store_.arbiter());
    PENSTOCK_TRY(const std::set<int64_t> dead, dead_runs(others_in(groups), woken));
    if (dead.empty()) return false;
    std::vector<std::pair<int64_t, Event>> posts;
    for (const int64_t run : dead) {
      for (const Grant& grant : state_.arbiter.apply(arbiter_event::RunGone{run})) {
        posts.push_back({grant.claim.run, Event{{}, event::ResourceGranted{grant.claim.job}}});
      }
    }
    PENSTOCK_TRY(const bool written, store_.change_arbiter(state_, posts));
    if (!written) continue;
    for (const auto& [run, event] : posts) {
      if (run != run_) leases_.wake(run);
    }
    return true;
  }
}

Result<bool> ResourceDesk::anybody_before(const std::set<std::string>& groups) {
  for (const std::string& name : groups) {
    const auto found = state_.arbiter.groups().find(name);
    if (found == state_.arbiter.groups().end()) continue;
    for (const auto* claims : {&found->second.holders, &found->second.announced}) {
      for (const Claim& claim : *claims) {
        if (claim.run == run_) continue;
        PENSTOCK_TRY(const bool driven, leases_.is_driven(claim.run));
        if (driven) return true;
      }
    }
  }
  return false;
}

Result<std::set<int64_t>> ResourceDesk::dead_runs(const std::set<int64_t>& runs, const std::function<void()>& woken) {
  std::set<int64_t> dead;
  for (const int64_t run : runs) {
    PENSTOCK_TRY(os::UniqueFd end, leases_.watch_driver(run));
    if (end) {
      waiter_.watch(end.get(), woken);
      watched_[run] = std::move(end);
      continue;
    }
    PENSTOCK_TRY(const bool driven, leases_.is_driven(run));
    if (driven) continue;  // by this process, or where there is nothing to watch
    PENSTOCK_TRY(const std::optional<RunHeader> header, store_.header(run));
    // A parked run keeps its place: whoever drives it next finds what was granted in its inbox.
    if (!header || !header->summary.parked) dead.insert(run);
  }
  return dead;
}

void ResourceDesk::forget_watches() {
  for (const auto& [run, fd] : watched_) waiter_.unwatch(fd.get());
  watched_.clear();
}

}  // namespace penstock
