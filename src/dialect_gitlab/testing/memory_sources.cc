#include "dialect_gitlab/testing/memory_sources.h"

#include "dialect_gitlab/gitlab.h"

namespace penstock::gitlab {
namespace {

Result<std::string> text_in(const std::map<std::string, std::string>& texts, const std::string& name) {
  const auto found = texts.find(name);
  if (found == texts.end()) return Error{Fault::user, "nothing is known of `" + name + "`", "configure it"};
  return found->second;
}

}  // namespace

Result<std::optional<std::string>> MemoryTree::read(std::string_view path) {
  auto found = files.find(std::string(path));
  return found == files.end() ? std::optional<std::string>() : std::optional<std::string>(found->second);
}

const std::vector<std::string>& MemoryTree::paths() {
  paths_.clear();
  for (const auto& [path, text] : files) paths_.push_back(path);
  return paths_;
}

Result<FoundProject> MemorySources::project(const OutsideProject& wanted) {
  const std::string name =
      (wanted.host.empty() ? "" : wanted.host + "/") + wanted.path + (wanted.ref.empty() ? "" : "@" + wanted.ref);
  const auto found = projects.find(name);
  if (found == projects.end()) return Error{Fault::user, "nothing is known of `" + name + "`", "configure it"};
  return FoundProject{&found->second, "0123456789abcdef0123456789abcdef01234567", wanted.versions ? version : ""};
}

Result<std::string> MemorySources::remote(const std::string& url, const std::optional<Digest>&) {
  return text_in(remotes, url);
}

Result<std::string> MemorySources::template_text(const std::string& name) { return text_in(templates, name); }

Result<std::optional<std::string>> MemorySources::read(std::string_view path) {
  auto found = files.find(std::string(path));
  return found == files.end() ? std::optional<std::string>() : std::optional<std::string>(found->second);
}

const std::vector<std::string>& MemorySources::paths() {
  paths_.clear();
  for (const auto& [path, text] : files) paths_.push_back(path);
  return paths_;
}

Result<std::optional<std::vector<std::string>>> MemorySources::changed_files(std::string_view) {
  ++asked_for_changes;
  return changed;
}

namespace {

Variable plain(std::string name, std::string value) { return {std::move(name), std::move(value), true, false, false}; }

}  // namespace

std::vector<PipelineKind> pipeline_kinds() {
  const Variable ci = plain("CI", "true");
  const Variable main = plain("CI_DEFAULT_BRANCH", "main");
  const Variable push = plain("CI_PIPELINE_SOURCE", "push");
  return {{"a pipeline of the default branch", push_variables()},
          {"a pipeline of another branch",
           {ci, main, push, plain("CI_COMMIT_BRANCH", "a-change"), plain("CI_COMMIT_REF_NAME", "a-change"),
            plain("CI_OPEN_MERGE_REQUESTS", "project!1")},
           PipelineKind::Of::open_branch},
          {"a merge request pipeline",
           {ci, main, plain("CI_PIPELINE_SOURCE", "merge_request_event"), plain("CI_COMMIT_REF_NAME", "a-change"),
            plain("CI_MERGE_REQUEST_IID", "1")},
           PipelineKind::Of::merge_request},
          {"a pipeline of a tag",
           {ci, main, push, plain("CI_COMMIT_TAG", "v1.0.0"), plain("CI_COMMIT_REF_NAME", "v1.0.0")}}};
}

Variables push_variables() {
  return {plain("CI", "true"),
          plain("GITLAB_CI", "true"),
          plain("CI_COMMIT_BRANCH", "main"),
          plain("CI_COMMIT_REF_NAME", "main"),
          plain("CI_DEFAULT_BRANCH", "main"),
          plain("CI_PIPELINE_SOURCE", "push")};
}

CompileResult compile_text(const std::string& text) {
  MemorySources sources;
  sources.files[".gitlab-ci.yml"] = text;
  CompileRequest request;
  request.path = ".gitlab-ci.yml";
  request.predefined = push_variables();
  return GitLabDialect().compile(request, sources);
}

}  // namespace penstock::gitlab
