#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/style.h"
#include "engine/run.h"
#include "protocol/job_result.h"

namespace penstock {

/// The results of the attempts that count, by the job's index in the run.
using JobResults = std::map<size_t, JobResult>;

/// What a stage has to say in one line, built from facts: the wheel that was packaged, the tests of the JUnit reports,
/// the deployment and its smoke test, the gate that waits, what failed. `jobs` are the indices of the stage's jobs.
std::string stage_facts(const Run& run, const std::vector<size_t>& jobs, const JobResults& results, Instant now);

/// How a status is marked, where nothing that failed was allowed to.
Mark mark_of(Status status);
/// How a stage (or a job) is marked.
Mark stage_mark(const Run& run, const std::vector<size_t>& jobs);
Mark job_mark(const Run& run, size_t index);

/// `app-2.7.0` for `app-2.7.0-py3-none-any.whl` and `app-2.7.0.tar.gz`: distribution and version of a package file's
/// name.
std::string package_label(std::string_view file_name);

}  // namespace penstock
