#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "plan/plan.h"

namespace penstock {

class JsonWriter;
struct JobOutcome;

/// The plan's stable JSON form (`ci plan --json`, and what the store keeps): members that hold their default are left
/// out; `format` says the version of the form. Written in one pass, for plans of tens of thousands of jobs.
std::string to_json(const Plan& plan);
/// The same in pieces of a few hundred kilobytes, to be put one behind the other: to write a large plan takes less time
/// than to keep its JSON, and several threads may make a piece each at once. The plan must outlive it.
class PlanPieces {
 public:
  explicit PlanPieces(const Plan& plan) : plan_(plan) {}
  [[nodiscard]] size_t count() const;
  /// Puts the piece of that number into `piece`, whose memory is used again.
  void write(size_t number, std::string& piece) const;

 private:
  const Plan& plan_;
};
/// One job, in the same form.
std::string to_json(const Job& job);

/// How a job ended, as a value in an open document.
void write_json(JsonWriter& json, const JobOutcome& outcome);

/// Reads what `to_json` wrote, of this format or an earlier one. Unknown members are an error: a plan is never half
/// understood.
Result<Plan> plan_from_json(std::string_view text);
Result<Job> job_from_json(std::string_view text);

}  // namespace penstock
