#include <algorithm>
#include <unordered_set>

#include "dialect_gitlab/compilation.h"

namespace penstock::gitlab {
namespace {

/// All needs of a plan together: groups of 200 instances that need each other multiply quickly.
constexpr size_t kMaxTotalNeeds = 1'000'000;

class NeedResolver {
 public:
  NeedResolver(Report& report, std::vector<Instance>& instances, const std::vector<LeftOutJob>& left_out,
               const std::vector<Draft>& drafts, const std::unordered_map<std::string_view, size_t>& stage_index)
      : report_(report), instances_(instances), stage_index_(stage_index) {
    for (size_t i = 0; i < instances.size(); ++i) {
      by_group_[instances[i].job.group].push_back(i);
      if (instances[i].job.name != instances[i].job.group) by_name_[instances[i].job.name] = i;
    }
    for (const LeftOutJob& job : left_out) left_out_.emplace(job.name);
    for (const Draft& draft : drafts) drafts_.emplace(draft.name, &draft);
  }

  void run() {
    for (Instance& instance : instances_) {
      if (instance.needs) place_needs(instance);
      if (instance.draft->dependencies) place_dependencies(instance);
      if (total_ > kMaxTotalNeeds) {
        report_.error("too-large", instance.draft->needs_span, "the needs of this pipeline are more than a million");
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

  void place_needs(Instance& instance) {
    std::vector<Need> needs;
    std::vector<std::string> artifacts;
    std::unordered_set<size_t> seen;
    for (const NeedRequest& request : *instance.needs) {
      std::vector<size_t> found = instances_of(request.job);
      if (found.empty()) {
        if (!request.optional) missing(instance, request, "needs");
        continue;
      }
      if (request.matrix != nullptr) found = of_matrix(request, found);
      for (size_t index : found) {
        if (!seen.insert(index).second) continue;
        const Job& needed = instances_[index].job;
        if (!is_before(needed, instance.job, true)) {
          in_later_stage(instance, request, needed);
          break;
        }
        needs.push_back({needed.name, request.artifacts, request.optional});
        if (request.artifacts) artifacts.push_back(needed.name);
      }
    }
    total_ += needs.size();
    instance.job.needs = std::move(needs);
    instance.job.artifacts_from = std::move(artifacts);
  }

  std::vector<size_t> of_matrix(const NeedRequest& request, const std::vector<size_t>& candidates) {
    std::vector<size_t> found;
    for (const MatrixValues& values : parse_matrix(report_, *request.matrix)) {
      bool any = false;
      for (size_t index : candidates) {
        const auto& matrix = instances_[index].job.matrix;
        bool all = std::all_of(values.begin(), values.end(), [&](const auto& value) {
          return std::find(matrix.begin(), matrix.end(), value) != matrix.end();
        });
        if (all) found.push_back(index);
        any = any || all;
      }
      if (any || request.optional) continue;
      bool is_matrix = !instances_[candidates.front()].job.matrix.empty();
      report_.error("unknown-job", request.matrix->span(),
                    is_matrix ? "`" + instance_name(request.job, values) + "` is no instance of `" + request.job + "`"
                              : "`" + request.job + "` has no matrix");
    }
    return found;
  }

  void place_dependencies(Instance& instance) {
    std::vector<std::string> from;
    for (const NeedRequest& request : *instance.draft->dependencies) {
      std::vector<size_t> found = instances_of(request.job);
      if (found.empty() && !is_left_out(request.job)) missing(instance, request, "depends on");
      for (size_t index : found) {
        const Job& source = instances_[index].job;
        if (instance.job.needs && !is_needed(instance, source)) {
          report_
              .error("dependency-not-needed", request.span,
                     "job `" + instance.job.group + "` depends on `" + request.job + "`, but doesn't need it")
              .help = "add `" + request.job + "` to `needs`";
          break;
        }
        if (!instance.job.needs && !is_before(source, instance.job, false)) {
          in_later_stage(instance, request, source);
          break;
        }
        from.push_back(source.name);
      }
    }
    instance.job.artifacts_from = std::move(from);
  }

  static bool is_needed(const Instance& instance, const Job& source) {
    const std::vector<Need>& needs = *instance.job.needs;
    return std::any_of(needs.begin(), needs.end(), [&](const Need& need) { return need.job == source.name; });
  }

  bool is_left_out(const std::string& name) const { return left_out_.contains(name) || drafts_.contains(name); }

  bool is_before(const Job& earlier, const Job& later, bool or_same) const {
    auto a = stage_index_.find(earlier.stage);
    auto b = stage_index_.find(later.stage);
    if (a == stage_index_.end() || b == stage_index_.end()) return true;  // Told already.
    return a->second < b->second || (or_same && a->second == b->second);
  }

  void in_later_stage(const Instance& instance, const NeedRequest& request, const Job& needed) {
    Diagnostic& told = report_.error("need-in-later-stage", request.span,
                                     "job `" + instance.job.group + "` (stage `" + instance.job.stage +
                                         "`) can't wait for `" + needed.group + "`, whose stage `" + needed.stage +
                                         "` comes " + (needed.stage == instance.job.stage ? "not before it" : "later"));
    if (auto draft = drafts_.find(needed.group); draft != drafts_.end()) {
      told.notes.push_back({draft->second->name_span, "`" + needed.group + "` is here"});
    }
  }

  void missing(const Instance& instance, const NeedRequest& request, std::string_view verb) {
    std::string text = "job `" + instance.job.group + "` " + std::string(verb) + " `" + request.job + "`, ";
    auto draft = drafts_.find(request.job);
    if (draft == drafts_.end() && !left_out_.contains(request.job)) {
      std::vector<std::string_view> names;
      for (const auto& [name, known] : drafts_) names.push_back(name);
      std::sort(names.begin(), names.end());
      report_.error("unknown-job", request.span, text + "which doesn't exist").label = suggestion(request.job, names);
      return;
    }
    Diagnostic& told = report_.error("need-left-out", request.span, text + "which is not part of this pipeline");
    told.help = "make it `optional: true`, or give both jobs the same rules";
    if (draft == drafts_.end()) return;
    const yaml::Node* rules = draft->second->rules != nullptr  ? draft->second->rules
                              : draft->second->only != nullptr ? draft->second->only
                                                               : draft->second->except;
    if (rules != nullptr) told.notes.push_back({rules->span(), "its rules are here"});
  }

  Report& report_;
  std::vector<Instance>& instances_;
  const std::unordered_map<std::string_view, size_t>& stage_index_;
  std::unordered_map<std::string_view, std::vector<size_t>> by_group_;
  std::unordered_map<std::string_view, size_t> by_name_;
  std::unordered_set<std::string_view> left_out_;
  std::unordered_map<std::string_view, const Draft*> drafts_;
  size_t total_ = 0;
};

}  // namespace

void resolve_needs(Report& report, std::vector<Instance>& instances, const std::vector<LeftOutJob>& left_out,
                   const std::vector<Draft>& drafts, const std::unordered_map<std::string_view, size_t>& stage_index) {
  NeedResolver(report, instances, left_out, drafts, stage_index).run();
}

}  // namespace penstock::gitlab
