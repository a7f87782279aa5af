#include "delivery/journalist.h"

#include <utility>

#include "delivery/facts.h"
#include "os/clock.h"
#include "rollout/environment_state.h"

namespace penstock {

JournalEntry::What Journalist::what_of(const rollout_command::Record& record) const {
  switch (record.what) {
    case rollout_command::Record::What::promoted:
      if (order_.returns) return JournalEntry::What::taken_back;
      return order_.rollback ? JournalEntry::What::rolled_back : JournalEntry::What::promoted;
    case rollout_command::Record::What::taken_back:
      return JournalEntry::What::taken_back;
    case rollout_command::Record::What::started:
    case rollout_command::Record::What::ended:
      break;
  }
  return JournalEntry::What::started;
}

Result<> Journalist::look_back() {
  if (looked_back_) return success();
  PENSTOCK_TRY(const std::vector<JournalEntry> entries, parts_.ledger.entries(order_.journal_seen));
  for (const JournalEntry& entry : entries) {
    if (is_step_of(entry, order_.entry.rollout)) {
      written_.insert(entry.what);
    } else if (!order_.begun || entry.what == JournalEntry::What::started) {
      other_ = entry.by.name.empty() ? "somebody else" : entry.by.name;
    }
  }
  looked_back_ = true;
  return success();
}

Result<std::string> Journalist::others_since() {
  PENSTOCK_CHECK(look_back());
  return other_;
}

Result<> Journalist::record(const rollout_command::Record& record) {
  // The end is what promoted or taken_back said, plus nothing.
  if (record.what == rollout_command::Record::What::ended) return success();
  PENSTOCK_CHECK(look_back());
  const JournalEntry::What what = what_of(record);
  if (written_.contains(what)) return success();
  const bool is_return = order_.returns && record.what == rollout_command::Record::What::promoted;
  const Release* release = release_of(order_, is_return ? order_.from : record.release);
  if (release == nullptr) release = release_of(order_, order_.to);
  if (release == nullptr) return Error{Fault::internal, "a journal line about a release that nobody handed over", ""};
  if (what == JournalEntry::What::started) PENSTOCK_CHECK(parts_.ledger.put_manifest(release->id, to_json(*release)));
  JournalEntry entry = about(*release, order_.entry);
  entry.at = parts_.clock.now();
  entry.what = what;
  entry.previous = is_return ? order_.to : order_.from;
  if (!record.detail.empty()) entry.message = record.detail;
  const Result<int64_t> number = parts_.ledger.append(entry, lease_.fence());
  if (!number.ok()) {
    looked_back_ = false;  // it may be there all the same: the connection ended before the answer came
    if (number.error().fault == Fault::user) {
      const auto by = parts_.ledger.newer_than(lease_.fence());
      lease_.refused(by.ok() && *by ? **by : "somebody else");
    }
    return number.error();
  }
  written_.insert(what);
  return success();
}

}  // namespace penstock
