#include "engine/tally.h"

#include <initializer_list>
#include <optional>

namespace penstock {

Bucket bucket_of(const Job& job, Status status, bool warning) {
  switch (status) {
    case Status::created:
      return Bucket::created;
    case Status::waiting_for_resource:
      return Bucket::waiting_for_resource;
    case Status::pending:
      return Bucket::pending;
    case Status::running:
      return Bucket::running;
    case Status::canceling:
      return Bucket::canceling;
    case Status::manual:
      return job.allow_failure.always ? Bucket::optional : Bucket::manual;
    case Status::scheduled:
      return Bucket::scheduled;
    case Status::success:
      return Bucket::success;
    case Status::failed:
      return warning ? Bucket::warning : Bucket::failed;
    case Status::canceled:
      return warning ? Bucket::warning : Bucket::canceled;
    case Status::skipped:
      return Bucket::skipped;
  }
  return Bucket::created;
}

Standing standing_of(Bucket bucket) {
  switch (bucket) {
    case Bucket::success:
    case Bucket::warning:
      return Standing::passed;
    case Bucket::optional:
      return Standing::optional;
    case Bucket::skipped:
      return Standing::skipped;
    case Bucket::failed:
      return Standing::failed;
    case Bucket::canceled:
      return Standing::canceled;
    default:
      return Standing::open;
  }
}

bool Tally::only(std::initializer_list<Bucket> buckets) const {
  Tally rest = *this;
  for (const Bucket bucket : buckets) rest.counts_[index(bucket)] = 0;
  for (const uint32_t count : rest.counts_)
    if (count != 0) return false;
  return true;
}

std::optional<Status> composite(const Tally& tally) {
  using enum Bucket;
  if (tally.empty()) return std::nullopt;
  // Nothing is under way.
  if (tally.only({skipped, optional})) return Status::skipped;
  if (tally.only({success, skipped, warning, optional})) return Status::success;
  if (tally.only({created, warning, optional})) return Status::created;
  if (tally.only({canceled, success, skipped, warning, optional})) return Status::canceled;
  // Something is, and what has ended so far did nothing that counts as running.
  if (tally.only({pending, created, skipped, warning, optional})) return Status::pending;
  if (tally.any(running) || tally.any(pending)) return Status::running;
  if (tally.any(canceling)) return Status::canceling;
  if (tally.any(waiting_for_resource)) return Status::waiting_for_resource;
  // A person or a time is waited for, even where something else has failed.
  if (tally.any(manual)) return Status::manual;
  if (tally.any(scheduled)) return Status::scheduled;
  if (tally.any(created)) return Status::running;
  return Status::failed;
}

}  // namespace penstock
