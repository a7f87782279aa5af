#include "intake/find.h"

#include <algorithm>
#include <array>

#include "base/suggest.h"

namespace penstock {
namespace {

constexpr std::string_view kOwnFolder = ".ci";
constexpr std::string_view kWorkflows = ".github/workflows";
constexpr std::string_view kGitLabFile = ".gitlab-ci.yml";
/// Files in `.ci/` that are no pipelines.
constexpr std::array<std::string_view, 2> kReserved = {"environments", "lock"};

bool is_reserved(std::string_view name) {
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

std::string without_extension(std::string_view file) {
  for (std::string_view extension : {".yml", ".yaml"}) {
    if (file.ends_with(extension)) return std::string(file.substr(0, file.size() - extension.size()));
  }
  return {};
}

bool is_workflow(std::string_view path) { return path.starts_with(kWorkflows); }
bool is_jenkinsfile(std::string_view path) { return path.substr(path.rfind('/') + 1).starts_with("Jenkinsfile"); }

/// The path as one relative to the root, without what leads nowhere.
std::string relative(std::string_view path) {
  while (path.starts_with("./")) path.remove_prefix(2);
  return std::string(path);
}

Result<FoundPipeline> accept(std::string path) {
  if (is_workflow(path)) {
    return Error{Fault::user, "`" + path + "` is a GitHub Actions workflow: that dialect is not built yet",
                 "write the pipeline as `.ci/main.yml` or `.gitlab-ci.yml`"};
  }
  if (is_jenkinsfile(path)) {
    return Error{Fault::user, "`" + path + "` is a Jenkins pipeline: that dialect is not built yet",
                 "write the pipeline as `.ci/main.yml` or `.gitlab-ci.yml`"};
  }
  FoundPipeline found{std::move(path), {}, false};
  found.own_keywords = found.path.starts_with(std::string(kOwnFolder) + "/");
  found.name = found.own_keywords ? without_extension(found.path.substr(kOwnFolder.size() + 1)) : found.path;
  if (found.name.empty()) found.name = found.path;
  return found;
}

Result<std::optional<std::string>> first_there(RepositorySources& sources, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    PENSTOCK_TRY(std::optional<std::string> text, sources.read(path));
    if (text) return std::optional<std::string>(path);
  }
  return std::optional<std::string>();
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "`" : ", `") + name + "`";
  return text;
}

Result<FoundPipeline> find_default(RepositorySources& sources) {
  PENSTOCK_TRY(std::optional<std::string> path, first_there(sources, first_candidates({})));
  if (path) return accept(std::move(*path));
  PENSTOCK_TRY(std::vector<std::string> names, list_pipelines(sources));
  for (const std::string& name : names) {
    if (is_workflow(name)) return accept(name);
  }
  PENSTOCK_TRY(path, first_there(sources, {"Jenkinsfile"}));
  if (path) return accept(std::move(*path));
  if (names.empty()) {
    return Error{Fault::user, "this project has no pipeline",
                 "write one as `.gitlab-ci.yml` or `.ci/main.yml`, and commit it"};
  }
  return Error{Fault::user, "this project has no default pipeline (`.ci/main.yml` or `.gitlab-ci.yml`)",
               "name one with `--pipeline`: " + listed(names)};
}

}  // namespace

std::vector<std::string> first_candidates(const std::string& name) {
  if (name.empty()) return {".ci/main.yml", ".ci/main.yaml", std::string(kGitLabFile)};
  return {".ci/" + name + ".yml", ".ci/" + name + ".yaml"};
}

Result<std::vector<std::string>> list_pipelines(RepositorySources& sources) {
  std::vector<std::string> names;
  PENSTOCK_TRY(std::vector<std::string> own, sources.names_in(std::string(kOwnFolder)));
  for (const std::string& file : own) {
    std::string name = without_extension(file);
    if (!name.empty() && !is_reserved(name)) names.push_back(std::move(name));
  }
  PENSTOCK_TRY(std::optional<std::string> gitlab, first_there(sources, {std::string(kGitLabFile)}));
  if (gitlab) names.push_back(std::move(*gitlab));
  PENSTOCK_TRY(std::vector<std::string> workflows, sources.names_in(std::string(kWorkflows)));
  for (const std::string& file : workflows) {
    if (!without_extension(file).empty()) names.push_back(std::string(kWorkflows) + "/" + file);
  }
  return names;
}

Result<FoundPipeline> find_pipeline(RepositorySources& sources, const std::string& name) {
  if (name.empty()) return find_default(sources);
  if (is_reserved(name)) {
    return Error{Fault::user, "`" + name + "` is a reserved name in `.ci/`: it is no pipeline", "pick another name"};
  }
  std::string path = relative(name);
  std::vector<std::string> candidates = first_candidates(path);
  candidates.insert(candidates.end(), {std::string(kWorkflows) + "/" + path + ".yml",
                                       std::string(kWorkflows) + "/" + path + ".yaml", path});
  PENSTOCK_TRY(std::optional<std::string> there, first_there(sources, candidates));
  if (there) return accept(std::move(*there));
  PENSTOCK_TRY(std::vector<std::string> names, list_pipelines(sources));
  std::vector<std::string_view> known(names.begin(), names.end());
  std::optional<std::string> near = did_you_mean(name, known);
  std::string help = near ? "did you mean `" + *near + "`?"
                     : !names.empty()
                         ? "pipelines here: " + listed(names)
                         : "this project has none: write one as `.gitlab-ci.yml` or `.ci/main.yml`, and commit it";
  return Error{
      Fault::user,
      "there is no pipeline `" + name + "` (looked for `.ci/" + path + ".yml`, a workflow, and a file of that path)",
      help};
}

}  // namespace penstock
