#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/time.h"
#include "plan/job_outcome.h"
#include "plan/plan.h"

namespace penstock {

/// Files that an attempt left and that are kept: the archive of `artifacts: paths`, or one report.
struct KeptArtifact {
  std::string kind;  ///< `archive`, or the report's kind (`junit`, `dotenv`, `coverage_report`, …).
  std::string name;
  Digest tree;
  uint64_t files = 0;
  uint64_t bytes = 0;
  std::optional<Instant> expires_at;

  friend bool operator==(const KeptArtifact&, const KeptArtifact&) = default;
};

/// A test that failed, as its JUnit report tells it.
struct FailedTest {
  std::string name;  ///< `tests/test_cart.py::test_total` where the report allows to say so, else class and name.
  std::string file;
  int line = 0;  ///< 0: not known.
  std::string message;
  std::string details;  ///< The traceback; cut at 64 KiB.

  friend bool operator==(const FailedTest&, const FailedTest&) = default;
};

struct TestSummary {
  uint64_t passed = 0;
  uint64_t failed = 0;
  uint64_t errors = 0;
  uint64_t skipped = 0;
  double seconds = 0;
  std::vector<FailedTest> failures;  ///< The first 1,000.

  friend bool operator==(const TestSummary&, const TestSummary&) = default;
};

/// What came of one attempt of a job.
struct JobResult {
  JobOutcome outcome;
  std::string failed_command;  ///< The script line that ended with another status than 0, as written.
  Instant started_at;
  Instant ended_at;
  uint64_t peak_memory = 0;  ///< Bytes; the largest process of the job.
  Duration cpu_time{};
  std::vector<KeptArtifact> artifacts;
  std::vector<std::string>
      packages;  ///< Names of wheels, sdists and the like among the artifacts: `app-2.7.0-py3-none-any.whl`.
  std::optional<TestSummary> tests;
  std::optional<double> coverage;  ///< Percent.
  Variables dotenv;                ///< For later jobs.
  std::string environment_url;     ///< Expanded with all that the job knew at its end.
  uint64_t log_bytes = 0;
  std::vector<std::string>
      notes;  ///< What a person should know: processes that had to be killed, artifacts that matched nothing.

  friend bool operator==(const JobResult&, const JobResult&) = default;
};

}  // namespace penstock
