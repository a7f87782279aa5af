#include "intake/children.h"

#include <algorithm>
#include <set>

#include "dialect_gitlab/gitlab.h"
#include "intake/predefined.h"

namespace penstock {
namespace {

constexpr int kDeepest = 2;          // GitLab's: a child may have children, and those none.
constexpr size_t kMostLooked = 100;  // Of one pipeline.

/// What the child's rules see is what those of its parent saw, but for the source. A parent that could compare nothing
/// (a schedule) has no commit before.
Circumstances circumstances_of_child(const Variables& predefined,
                                     const std::optional<std::vector<std::string>>& changed) {
  const auto value = [&](std::string_view name) { return value_of(predefined, name); };
  Circumstances child;
  child.changed = changed;
  child.event = "parent_pipeline";
  child.branch = value("CI_COMMIT_BRANCH");
  child.tag = value("CI_COMMIT_TAG");
  if (!value("CI_MERGE_REQUEST_IID").empty()) {
    child.event = "merge_request_event";
    child.branch = value("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME");
    child.target_branch = value("CI_MERGE_REQUEST_TARGET_BRANCH_NAME");
  } else if (value("CI_COMMIT_BEFORE_SHA").find_first_not_of('0') == std::string::npos) {
    child.event = "schedule";
  }
  return child;
}

std::string path_of(const std::string& name) { return name + " (child pipeline)"; }

/// Turns the request for a parent into one for its child.
void become_child(const std::string& name, CompileRequest& request) {
  request.path = path_of(name);
  request.own_keywords = name.starts_with(".ci/");
  request.kinds.clear();  // its only event is its parent
  std::erase_if(request.predefined, [](const Variable& variable) { return variable.name == "CI_PIPELINE_NAME"; });
  for (Variable& variable : request.predefined) {
    if (variable.name == "CI_PIPELINE_SOURCE") variable.value = "parent_pipeline";
  }
}

/// Advice that asks in which pipelines a job is: for those of a parent, which a child isn't.
bool is_about_events(const std::string& name) {
  static const std::set<std::string> kNames = {"changes-on-new-branch", "duplicate-pipelines",
                                               "need-may-be-missing",   "never-runs",
                                               "unreachable-rule",      "unset-variable"};
  return kNames.contains(name);
}

bool is_told(const Diagnostics& told, const Diagnostic& one) {
  return std::any_of(told.begin(), told.end(), [&](const Diagnostic& known) {
    return known.name == one.name && known.message == one.message && location_of(known.span) == location_of(one.span);
  });
}

class Children {
 public:
  Children(Prepared& prepared, const IntakeOptions& options, Compiled& compiled)
      : prepared_(prepared), options_(options), compiled_(compiled) {}

  void look(const CompileRequest& parent, std::vector<ChildRequest> children, int depth) {
    for (const ChildRequest& child : children) {
      // A lock wants to know of images whose names differ by the child's variables; mistakes are told once.
      if (!options_.relock && !looked_at_.insert(child.trigger.source).second) continue;
      if (++looked_ > kMostLooked) return;
      look_at(parent, child, depth);
    }
  }

 private:
  void look_at(const CompileRequest& parent, const ChildRequest& child, int depth) {
    CompileRequest request = parent;
    become_child(child.trigger.name, request);
    request.inputs.clear();
    request.with_children = depth < kDeepest;
    request.pipeline_variables = child.trigger.variables;
    for (const Variable& variable : parent.pipeline_variables) {
      if (variable.secret || child.trigger.forwards) request.pipeline_variables.push_back(variable);
    }
    prepared_.sources.compile_for(circumstances_of_child(request.predefined, compiled_.circumstances.changed));
    prepared_.sources.put(request.path, child.trigger.source);
    for (const MadeSource& made : child.trigger.made) prepared_.sources.put(made.path, {});
    CompileResult result = GitLabDialect().compile(request, prepared_.sources);
    for (const MadeSource& made : child.trigger.made) prepared_.sources.forget(made.path);
    take_images(prepared_, options_, result.images, child.span, compiled_);
    tell(child, request.path, std::move(result.diagnostics));
    std::vector<SourceSpan> chain = {child.span};
    chain.insert(chain.end(), child.include_chain.begin(), child.include_chain.end());
    for (ChildRequest& grandchild : result.children) {
      lead_there(grandchild.include_chain, request.path, chain);
    }
    look(request, std::move(result.children), depth + 1);
  }

  /// The chain of a child's file begins in the text that Penstock has made of `trigger: include`: in the file of the
  /// trigger instead.
  static void lead_there(std::vector<SourceSpan>& chain, const std::string& path, const std::vector<SourceSpan>& to) {
    std::erase_if(chain, [&](const SourceSpan& span) { return span.file && span.file->name == path; });
    chain.insert(chain.end(), to.begin(), to.end());
  }

  void tell(const ChildRequest& child, const std::string& path, Diagnostics found) {
    const Trigger& trigger = child.trigger;
    if (!trigger.made.empty()) {
      unseen(child, "`" + trigger.made.front().job + "` makes `" + trigger.made.front().path + "`");
    }
    std::vector<SourceSpan> chain = {child.span};
    chain.insert(chain.end(), child.include_chain.begin(), child.include_chain.end());
    for (Diagnostic& one : found) {
      const bool at_trigger = one.span.file && one.span.file->name == path;
      if (at_trigger && trigger.source.find('$') != std::string::npos) {
        unseen(child, "its files' names hold variables");
        continue;
      }
      if (at_trigger) {
        // GitLab takes the parent as it is: only that job will fail.
        one.severity = Severity::warning;
        one.span = child.span;
        one.include_chain = child.include_chain;
        if (one.label.empty() && one.instead.empty()) one.label = "of this child pipeline";
      } else {
        lead_there(one.include_chain, path, chain);
      }
      put(child, std::move(one));
    }
  }

  void put(const ChildRequest& child, Diagnostic one) {
    // What a job makes may hold what the rest refers to.
    if (!child.trigger.made.empty() && one.name != "unreachable-include") return;
    if (one.severity == Severity::warning && is_about_events(one.name)) return;
    if (options_.relock) {
      if (one.name != "unreachable-include") return;
      one.severity = Severity::warning;
    }
    if (is_told(compiled_.diagnostics, one)) return;
    if (one.severity == Severity::error) compiled_.plan.reset();
    compiled_.diagnostics.push_back(std::move(one));
  }

  void unseen(const ChildRequest& child, const std::string& why) {
    const std::string text = "the child pipeline of `" + child.job + "` is not looked at before it starts: " + why;
    auto& all = compiled_.unseen_children;
    if (std::find(all.begin(), all.end(), text) == all.end()) all.push_back(text);
  }

  Prepared& prepared_;
  const IntakeOptions& options_;
  Compiled& compiled_;
  std::set<std::string> looked_at_;
  size_t looked_ = 0;
};

}  // namespace

void look_into_children(Prepared& prepared, const IntakeOptions& options, const CompileRequest& parent,
                        std::vector<ChildRequest> children, Compiled& compiled) {
  Children(prepared, options, compiled).look(parent, std::move(children), 1);
  for (const Pin& pin : prepared.outside->used().pins) compiled.used.put(pin);
  prepared.sources.compile_for(compiled.circumstances);
}

Result<Compiled> compile_child(const git::Repository& repository, const ChildOptions& options) {
  Compiled compiled;
  compiled.path = options.name;
  compiled.commit.commit.id = options.commit;
  compiled.circumstances = circumstances_of_child(options.predefined, options.changed);
  RepositorySources sources(repository, options.commit, options.worktree);
  Prepared prepared{repository, std::move(sources), compiled.commit, {}, {}, {}, {}, {}, nullptr};
  prepared.found.path = path_of(options.name);
  PENSTOCK_TRY(prepared.lock, read_lock(prepared.sources));
  PENSTOCK_TRY(prepared.environments, read_environments(repository, options.commit, options.worktree));
  // `ci lock` can't know what a file that a job makes will ask for.
  IntakeOptions intake;
  intake.offline = options.offline;
  if (!options.made.empty()) intake.relock = prepared.lock.value_or(LockFile());
  PENSTOCK_CHECK(reach_outside(prepared, intake));
  CompileRequest& request = prepared.request;
  if (prepared.lock) use_lock(*prepared.lock, request);
  request.pipeline_variables = options.variables;
  request.predefined = options.predefined;
  if (prepared.environments) request.environments = declared(*prepared.environments);
  become_child(options.name, request);
  prepared.sources.compile_for(compiled.circumstances);
  prepared.sources.put(request.path, options.source);
  for (const auto& [path, text] : options.made) prepared.sources.put(path, text);
  compile_request(prepared, intake, request, compiled);
  if (compiled.plan) compiled.plan->source = options.name;
  return compiled;
}

}  // namespace penstock
