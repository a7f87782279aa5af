#include <algorithm>
#include <unordered_set>

#include "dialect_gitlab/compilation.h"

namespace penstock::gitlab {
namespace {

/// All needs of a plan together: groups of 200 instances that need each other multiply quickly.
constexpr size_t kMaxTotalNeeds = 300'000;

class NeedResolver {
 public:
  NeedResolver(Report& report, Jobs& jobs) : report_(report), jobs_(jobs) {
    for (size_t i = 0; i < jobs.included.size(); ++i) {
      by_group_[jobs.included[i].group].push_back(i);
      if (jobs.included[i].name != jobs.included[i].group) by_name_[jobs.included[i].name] = i;
    }
    for (const LeftOutJob& job : jobs.left_out) left_out_.emplace(job.name);
    for (const WrittenJob& written : jobs.written) written_.emplace(written.name, &written);
  }

  void run() {
    for (size_t i = 0; i < jobs_.included.size(); ++i) {
      Job& job = jobs_.included[i];
      const Asks& asks = jobs_.asks[i];
      if (asks.needs) place_needs(job, *asks.needs);
      if (asks.dependencies) place_dependencies(job, *asks.dependencies);
      if (total_ > kMaxTotalNeeds) {
        report_.error("too-large", jobs_.written[asks.written].key->span(),
                      "the needs of this pipeline are more than 300,000");
        return;
      }
    }
  }

 private:
  /// The instances that a name means.
  std::vector<size_t> instances_of(const std::string& name) const {
    if (auto group = by_group_.find(name); group != by_group_.end()) return group->second;
    if (auto exact = by_name_.find(name); exact != by_name_.end()) return {exact->second};
    return {};
  }

  void place_needs(Job& job, const std::vector<NeedRequest>& requests) {
    std::vector<Need> needs;
    std::vector<std::string> artifacts;
    std::unordered_set<size_t> seen;
    for (const NeedRequest& request : requests) {
      std::vector<size_t> found = instances_of(request.job);
      if (found.empty()) {
        if (!request.optional) missing(job, request, "needs");
        continue;
      }
      if (request.matrix != nullptr) found = of_matrix(request, found);
      for (size_t index : found) {
        if (!seen.insert(index).second) continue;
        const Job& needed = jobs_.included[index];
        check_length(request, needed);
        if (!is_before(needed, job, true)) {
          in_later_stage(job, request, needed);
          break;
        }
        needs.push_back({needed.name, request.artifacts, request.optional});
        if (request.artifacts) artifacts.push_back(needed.name);
      }
    }
    total_ += needs.size();
    job.needs = std::move(needs);
    job.artifacts_from = std::move(artifacts);
  }

  void check_length(const NeedRequest& request, const Job& needed) {
    constexpr size_t kMaxNeededName = 128;
    if (needed.name.size() <= kMaxNeededName) return;
    report_.error("too-long", request.at->span(), "the name of a job that is needed can have at most 128 characters");
  }

  /// The values are some of the instance's, in its order. GitLab's names of instances are made of them.
  static bool fits(const MatrixValues& values, const MatrixValues& of_instance) {
    auto at = of_instance.begin();
    for (const auto& value : values) {
      at = std::find(at, of_instance.end(), value);
      if (at++ == of_instance.end()) return false;
    }
    return true;
  }

  std::vector<size_t> of_matrix(const NeedRequest& request, const std::vector<size_t>& candidates) {
    std::vector<size_t> found;
    for (const MatrixValues& values : request.instances) {
      bool any = false;
      for (size_t index : candidates) {
        if (!fits(values, jobs_.included[index].matrix)) continue;
        found.push_back(index);
        any = true;
      }
      if (any && values.size() < jobs_.included[found.back()].matrix.size()) warn_of_some(request, values);
      if (any || request.optional) continue;
      bool is_matrix = !jobs_.included[candidates.front()].matrix.empty();
      Diagnostic& told = report_.error(
          "unknown-job", request.matrix->span(),
          is_matrix ? "`" + instance_name(request.job, values) + "` is no instance of `" + request.job + "`"
                    : "`" + request.job + "` has no matrix");
      if (is_matrix) told.help = "name every variable of its matrix, in its order: " + axes_of(candidates.front());
    }
    return found;
  }

  void warn_of_some(const NeedRequest& request, const MatrixValues& values) {
    report_
        .warning("partial-matrix", request.matrix->span(),
                 "GitLab knows no instance `" + instance_name(request.job, values) + "`: it wants all values of one")
        .help = "name every variable of its matrix, in its order";
  }

  std::string axes_of(size_t instance) const {
    std::string axes;
    for (const auto& [axis, value] : jobs_.included[instance].matrix) axes += (axes.empty() ? "`" : ", `") + axis + "`";
    return axes;
  }

  void place_dependencies(Job& job, const std::vector<NeedRequest>& requests) {
    std::vector<std::string> from;
    for (const NeedRequest& request : requests) {
      std::vector<size_t> found = instances_of(request.job);
      if (found.empty() && !is_left_out(request.job)) missing(job, request, "depends on");
      for (size_t index : found) {
        const Job& source = jobs_.included[index];
        if (job.needs && !is_needed(job, source)) {
          // With `needs: []` GitLab lets the list stand, and fetches nothing.
          if (!job.needs->empty()) not_needed(job, request);
          break;
        }
        if (!job.needs && !is_before(source, job, false)) {
          in_later_stage(job, request, source);
          break;
        }
        if (!job.needs || wants_artifacts(job, source)) from.push_back(source.name);
      }
    }
    job.artifacts_from = std::move(from);
  }

  void not_needed(const Job& job, const NeedRequest& request) {
    report_
        .error("dependency-not-needed", request.at->span(),
               "job `" + job.group + "` depends on `" + request.job + "`, but doesn't need it")
        .help = "add `" + request.job + "` to `needs`";
  }

  static bool is_needed(const Job& job, const Job& source) {
    const std::vector<Need>& needs = *job.needs;
    return std::any_of(needs.begin(), needs.end(), [&](const Need& need) { return need.job == source.name; });
  }

  static bool wants_artifacts(const Job& job, const Job& source) {
    const std::vector<Need>& needs = *job.needs;
    return std::any_of(needs.begin(), needs.end(),
                       [&](const Need& need) { return need.job == source.name && need.artifacts; });
  }

  bool is_left_out(const std::string& name) const { return left_out_.contains(name) || written_.contains(name); }

  bool is_before(const Job& earlier, const Job& later, bool or_same) const {
    auto a = jobs_.stage_index.find(earlier.stage);
    auto b = jobs_.stage_index.find(later.stage);
    if (a == jobs_.stage_index.end() || b == jobs_.stage_index.end()) return true;  // Told already.
    return a->second < b->second || (or_same && a->second == b->second);
  }

  void in_later_stage(const Job& job, const NeedRequest& request, const Job& needed) {
    Diagnostic& told = report_.error("need-in-later-stage", request.at->span(),
                                     "job `" + job.group + "` (stage `" + job.stage + "`) can't wait for `" +
                                         needed.group + "`, whose stage `" + needed.stage + "` comes " +
                                         (needed.stage == job.stage ? "not before it" : "later"));
    if (auto written = written_.find(needed.group); written != written_.end()) {
      told.notes.push_back({written->second->key->span(), "`" + needed.group + "` is here"});
    }
  }

  void missing(const Job& job, const NeedRequest& request, std::string_view verb) {
    std::string text = "job `" + job.group + "` " + std::string(verb) + " `" + request.job + "`, ";
    auto written = written_.find(request.job);
    if (written == written_.end() && !left_out_.contains(request.job)) {
      std::vector<std::string_view> names;
      for (const auto& [name, known] : written_) names.push_back(name);
      std::sort(names.begin(), names.end());
      report_.error("unknown-job", request.at->span(), text + "which doesn't exist").instead =
          nearest(request.job, names);
      return;
    }
    Diagnostic& told = report_.error("need-left-out", request.at->span(), text + "which is not part of this pipeline");
    told.help = "make it `optional: true`, or give both jobs the same rules";
    if (written == written_.end()) return;
    if (written->second->rules != nullptr) {
      told.notes.push_back({written->second->rules->span(), "its rules are here"});
    }
  }

  Report& report_;
  Jobs& jobs_;
  std::unordered_map<std::string_view, std::vector<size_t>> by_group_;
  std::unordered_map<std::string_view, size_t> by_name_;
  std::unordered_set<std::string_view> left_out_;
  std::unordered_map<std::string_view, const WrittenJob*> written_;
  size_t total_ = 0;
};

}  // namespace

void resolve_needs(Report& report, Jobs& jobs) {
  const bool any =
      std::any_of(jobs.asks.begin(), jobs.asks.end(), [](const Asks& asks) { return asks.needs || asks.dependencies; });
  if (any) NeedResolver(report, jobs).run();
}

}  // namespace penstock::gitlab
