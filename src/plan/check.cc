#include "plan/check.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/suggest.h"
#include "base/words.h"

namespace penstock {
namespace {

using JobIndex = std::unordered_map<std::string_view, size_t>;

JobIndex index_jobs(const Plan& plan) {
  JobIndex index;
  index.reserve(plan.jobs.size());
  for (size_t i = 0; i < plan.jobs.size(); ++i) index.emplace(plan.jobs[i].name, i);
  return index;
}

Error mistake(std::string message, std::string help = {}) { return {Fault::user, std::move(message), std::move(help)}; }

/// Depth first through needs, with a stack of its own: a chain may be as long as the plan.
class CycleSearch {
 public:
  CycleSearch(const Plan& plan, const JobIndex& index)
      : plan_(plan), index_(index), marks_(plan.jobs.size(), Mark::fresh) {}

  std::vector<std::string> from(size_t start) {
    if (marks_[start] != Mark::fresh) return {};
    enter(start);
    while (!path_.empty()) {
      Visit& visit = path_.back();
      const auto& needs = plan_.jobs[visit.job].needs;
      if (!needs || visit.next == needs->size()) {
        marks_[visit.job] = Mark::done;
        path_.pop_back();
        continue;
      }
      const auto needed = index_.find((*needs)[visit.next++].job);
      if (needed == index_.end() || marks_[needed->second] == Mark::done) continue;
      if (marks_[needed->second] == Mark::on_path) return cycle_to(needed->second);
      enter(needed->second);
    }
    return {};
  }

 private:
  enum class Mark : unsigned char { fresh, on_path, done };
  struct Visit {
    size_t job;
    size_t next;  // index of the need to look at next
  };

  void enter(size_t job) {
    marks_[job] = Mark::on_path;
    path_.push_back({job, 0});
  }

  [[nodiscard]] std::vector<std::string> cycle_to(size_t job) const {
    auto visit = std::find_if(path_.begin(), path_.end(), [&](const Visit& on_path) { return on_path.job == job; });
    std::vector<std::string> names;
    for (; visit != path_.end(); ++visit) names.push_back(plan_.jobs[visit->job].name);
    names.push_back(plan_.jobs[job].name);
    return names;
  }

  const Plan& plan_;
  const JobIndex& index_;
  std::vector<Mark> marks_;
  std::vector<Visit> path_;
};

std::vector<std::string> find_cycle(const Plan& plan, const JobIndex& index) {
  CycleSearch search(plan, index);
  for (size_t i = 0; i < plan.jobs.size(); ++i)
    if (auto cycle = search.from(i); !cycle.empty()) return cycle;
  return {};
}

Result<> check_needs(const Plan& plan, const JobIndex& index,
                     const std::unordered_map<std::string_view, size_t>& stages) {
  for (const Job& job : plan.jobs) {
    if (!job.needs) continue;
    std::unordered_set<std::string_view> seen;
    for (const Need& need : *job.needs) {
      const auto needed = index.find(need.job);
      if (needed == index.end())
        return mistake("job " + quoted(job.name) + " needs " + quoted(need.job) + ", which does not exist");
      if (!seen.insert(need.job).second)
        return mistake("job " + quoted(job.name) + " names " + quoted(need.job) + " twice among its needs");
      const std::string& stage = plan.jobs[needed->second].stage;
      if (stages.at(stage) > stages.at(job.stage))
        return mistake("job " + quoted(job.name) + " needs " + quoted(need.job) + " of the later stage " +
                       quoted(stage));
    }
  }
  return success();
}

Error unknown_job(const Plan& plan, const std::string& name) {
  for (const LeftOutJob& job : plan.left_out) {
    if (job.name != name && job.group != name) continue;
    return mistake("job " + quoted(name) + " is left out of this pipeline" +
                       (job.decision->summary.empty() ? "" : ": " + job.decision->summary),
                   "`ci why " + name + "` shows its rules");
  }
  std::vector<std::string_view> known;
  for (const Job& job : plan.jobs) {
    known.emplace_back(job.name);
    if (job.group != job.name && !job.group.empty()) known.emplace_back(job.group);
  }
  const auto near = did_you_mean(name, known);
  return mistake("the pipeline has no job " + quoted(name),
                 near ? "did you mean " + quoted(*near) + "?" : "`ci plan` shows its jobs");
}

/// Marks what each marked job waits for: its needs, or without `needs` all jobs of earlier stages.
void mark_needed(const Plan& plan, std::vector<bool>& chosen) {
  const JobIndex index = index_jobs(plan);
  std::unordered_map<std::string_view, size_t> stages;
  for (size_t i = 0; i < plan.stages.size(); ++i) stages.emplace(plan.stages[i], i);
  std::vector<size_t> open;
  for (size_t i = 0; i < chosen.size(); ++i)
    if (chosen[i]) open.push_back(i);
  const auto choose = [&](size_t i) {
    if (chosen[i]) return;
    chosen[i] = true;
    open.push_back(i);
  };
  size_t stages_taken = 0;  // all jobs of the stages before this one are chosen
  while (!open.empty()) {
    const Job& job = plan.jobs[open.back()];
    open.pop_back();
    if (job.needs) {
      for (const Need& need : *job.needs)
        if (const auto needed = index.find(need.job); needed != index.end()) choose(needed->second);
      continue;
    }
    const size_t stage = stages.at(job.stage);
    if (stage <= stages_taken) continue;
    stages_taken = stage;
    for (size_t i = 0; i < plan.jobs.size(); ++i)
      if (stages.at(plan.jobs[i].stage) < stage) choose(i);
  }
}

void drop_missing(Job& job, const std::unordered_set<std::string_view>& kept) {
  const auto is_missing = [&](const std::string& name) { return !kept.contains(name); };
  if (job.needs) std::erase_if(*job.needs, [&](const Need& need) { return is_missing(need.job); });
  if (job.artifacts_from) std::erase_if(*job.artifacts_from, is_missing);
}

}  // namespace

Result<> check(const Plan& plan) {
  std::unordered_map<std::string_view, size_t> stages;
  for (size_t i = 0; i < plan.stages.size(); ++i)
    if (!stages.emplace(plan.stages[i], i).second) return mistake("stage " + quoted(plan.stages[i]) + " exists twice");
  const JobIndex index = index_jobs(plan);
  for (size_t i = 0; i < plan.jobs.size(); ++i) {
    const Job& job = plan.jobs[i];
    if (job.name.empty()) return mistake("a job has no name");
    if (index.at(job.name) != i) return mistake("job " + quoted(job.name) + " exists twice");
    if (!stages.contains(job.stage))
      return mistake("job " + quoted(job.name) + " is of stage " + quoted(job.stage) + ", which does not exist");
  }
  PENSTOCK_CHECK(check_needs(plan, index, stages));
  if (const auto cycle = find_cycle(plan, index); !cycle.empty()) {
    std::string path = quoted(cycle.front());
    for (size_t i = 1; i < cycle.size(); ++i) path += " needs " + quoted(cycle[i]);
    return mistake("jobs need each other in a circle: " + path);
  }
  return success();
}

std::vector<std::string> find_need_cycle(const Plan& plan) {
  const auto needs = [](const Job& job) { return job.needs && !job.needs->empty(); };
  if (std::none_of(plan.jobs.begin(), plan.jobs.end(), needs)) return {};
  return find_cycle(plan, index_jobs(plan));
}

Result<Plan> select(const Plan& plan, const std::vector<std::string>& names, bool with_needs) {
  std::vector<bool> chosen(plan.jobs.size(), false);
  for (const std::string& name : names) {
    bool found = false;
    for (size_t i = 0; i < plan.jobs.size(); ++i) {
      if (plan.jobs[i].name != name && plan.jobs[i].group != name) continue;
      chosen[i] = true;
      found = true;
    }
    if (!found) return unknown_job(plan, name);
  }
  if (with_needs) mark_needed(plan, chosen);

  std::unordered_set<std::string_view> kept;
  std::unordered_set<std::string_view> stages;
  for (size_t i = 0; i < plan.jobs.size(); ++i) {
    if (!chosen[i]) continue;
    kept.insert(plan.jobs[i].name);
    stages.insert(plan.jobs[i].stage);
  }
  Plan selected = plan;
  selected.jobs.clear();
  for (size_t i = 0; i < plan.jobs.size(); ++i) {
    if (!chosen[i]) continue;
    drop_missing(selected.jobs.emplace_back(plan.jobs[i]), kept);
  }
  std::erase_if(selected.stages, [&](const std::string& stage) { return !stages.contains(stage); });
  return selected;
}

}  // namespace penstock
