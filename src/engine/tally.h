#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>

#include "engine/status.h"
#include "plan/plan.h"

namespace penstock {

/// A job's status as the status of its stage and run see it: what is allowed to fail, and what need not be started,
/// stand apart.
enum class Bucket : uint8_t {
  created,
  waiting_for_resource,
  pending,
  running,
  canceling,
  manual,  ///< Blocking.
  scheduled,
  success,
  warning,   ///< Failed or canceled where that is allowed.
  optional,  ///< Manual, and nothing waits for it.
  skipped,
  failed,
  canceled,
};
constexpr size_t kBuckets = 13;

Bucket bucket_of(const Job& job, Status status, bool warning);

/// What a job means to those that come after it.
enum class Standing : uint8_t {
  open,    ///< They must wait.
  passed,  ///< Or failed where that is allowed.
  skipped,
  optional,  ///< A manual job that nothing waits for: earlier stages pass over it, jobs that need it don't.
  failed,
  canceled,
};
constexpr size_t kStandings = 6;

Standing standing_of(Bucket bucket);

/// How many jobs are in each bucket.
class Tally {
 public:
  void add(Bucket bucket) { ++counts_[index(bucket)]; }
  void remove(Bucket bucket) { --counts_[index(bucket)]; }
  [[nodiscard]] uint32_t count(Bucket bucket) const { return counts_[index(bucket)]; }
  [[nodiscard]] bool any(Bucket bucket) const { return count(bucket) != 0; }
  /// All jobs are in these buckets.
  [[nodiscard]] bool only(std::initializer_list<Bucket> buckets) const;
  [[nodiscard]] bool empty() const { return only({}); }

 private:
  static size_t index(Bucket bucket) { return static_cast<size_t>(bucket); }
  std::array<uint32_t, kBuckets> counts_{};
};

/// How many jobs have each standing.
class Standings {
 public:
  void add(Standing standing) { ++counts_[index(standing)]; }
  void remove(Standing standing) { --counts_[index(standing)]; }
  [[nodiscard]] uint32_t count(Standing standing) const { return counts_[index(standing)]; }
  [[nodiscard]] bool any(Standing standing) const { return count(standing) != 0; }

 private:
  static size_t index(Standing standing) { return static_cast<size_t>(standing); }
  std::array<uint32_t, kStandings> counts_{};
};

/// The one status of many jobs; nothing for none. docs/engine.md has the rules in words.
std::optional<Status> composite(const Tally& tally);

}  // namespace penstock
