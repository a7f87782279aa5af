#include "intake/predefined.h"

#include <cctype>

namespace penstock {
namespace {

/// The version of GitLab whose language we follow; scripts compare with it.
constexpr std::string_view kVersion = "18.6.0";
constexpr std::string_view kNoCommit = "0000000000000000000000000000000000000000";
constexpr size_t kSlugLength = 63;

class List {
 public:
  void add(std::string name, std::string value) {
    variables_.push_back({std::move(name), std::move(value), true, false, false});
  }
  Variables take() { return std::move(variables_); }

 private:
  Variables variables_;
};

std::string slug(std::string_view text) {
  std::string slugged;
  for (char c : text.substr(0, kSlugLength)) {
    slugged += std::isalnum(static_cast<unsigned char>(c))
                   ? static_cast<char>(std::tolower(static_cast<unsigned char>(c)))
                   : '-';
  }
  size_t first = slugged.find_first_not_of('-');
  if (first == std::string::npos) return "";
  return slugged.substr(first, slugged.find_last_not_of('-') - first + 1);
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return std::string(text);
}

void add_commit(List& list, const CommitFacts& facts, const Circumstances& circumstances) {
  const git::Commit& commit = facts.commit;
  const std::string& ref_name = circumstances.ref().empty() ? facts.short_id : circumstances.ref();
  const bool compares = circumstances.is_comparable() && !circumstances.is_merge_request();
  list.add("CI_COMMIT_SHA", commit.id);
  list.add("CI_COMMIT_SHORT_SHA", facts.short_id);
  list.add("CI_COMMIT_BEFORE_SHA",
           compares && !commit.parents.empty() ? commit.parents.front() : std::string(kNoCommit));
  list.add("CI_COMMIT_REF_NAME", ref_name);
  list.add("CI_COMMIT_REF_SLUG", slug(ref_name));
  list.add("CI_COMMIT_REF_PROTECTED", "false");
  list.add("CI_COMMIT_MESSAGE", trimmed(commit.message));
  list.add("CI_COMMIT_TITLE", std::string(commit.title()));
  list.add("CI_COMMIT_DESCRIPTION", trimmed(commit.description()));
  list.add("CI_COMMIT_AUTHOR", commit.author.name + " <" + commit.author.email + ">");
  list.add("CI_COMMIT_TIMESTAMP", git::to_iso8601(commit.committer));
}

/// What an annotated tag says; of any other tag nothing.
std::string message_of(const git::Repository& repository, const std::string& tag) {
  const Result<std::string> type =
      repository.run({"for-each-ref", "--format=%(objecttype)%0a%(contents)", "refs/tags/" + tag});
  if (!type.ok() || !type->starts_with("tag\n")) return {};
  return trimmed(std::string_view(*type).substr(4));
}

/// A laptop knows no number of a merge request: it is 1 unless `-e` says otherwise.
void add_merge_request(List& list, const CommitFacts& facts, const Circumstances& circumstances,
                       const std::string& path, const std::string& url, const std::string& base) {
  const git::Commit& commit = facts.commit;
  list.add("CI_MERGE_REQUEST_ID", "1");
  list.add("CI_MERGE_REQUEST_IID", "1");
  list.add("CI_MERGE_REQUEST_REF_PATH", "refs/merge-requests/1/head");
  list.add("CI_MERGE_REQUEST_EVENT_TYPE", "detached");
  list.add("CI_MERGE_REQUEST_TITLE", std::string(commit.title()));
  list.add("CI_MERGE_REQUEST_DESCRIPTION", trimmed(commit.description()));
  list.add("CI_MERGE_REQUEST_DESCRIPTION_IS_TRUNCATED", "false");
  list.add("CI_MERGE_REQUEST_DRAFT", "false");
  list.add("CI_MERGE_REQUEST_DIFF_ID", "1");
  if (!base.empty()) list.add("CI_MERGE_REQUEST_DIFF_BASE_SHA", base);
  list.add("CI_MERGE_REQUEST_PROJECT_PATH", path);
  list.add("CI_MERGE_REQUEST_PROJECT_URL", url);
  list.add("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", path);
  list.add("CI_MERGE_REQUEST_SOURCE_PROJECT_URL", url);
  list.add("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", circumstances.branch);
  list.add("CI_MERGE_REQUEST_SOURCE_BRANCH_PROTECTED", "false");
  list.add("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", circumstances.target_branch);
  list.add("CI_MERGE_REQUEST_TARGET_BRANCH_PROTECTED", "false");
  list.add("CI_MERGE_REQUEST_SQUASH_ON_MERGE", "false");
  list.add("CI_OPEN_MERGE_REQUESTS", path + "!1");
}

void add_project(List& list, const ProjectAddress& address) {
  size_t last = address.path.rfind('/');
  std::string name = last == std::string::npos ? address.path : address.path.substr(last + 1);
  std::string space = last == std::string::npos ? std::string() : address.path.substr(0, last);
  const std::string fqdn = address.fqdn();
  std::string server = address.protocol + "://" + fqdn;
  list.add("CI_PROJECT_NAME", name);
  list.add("CI_PROJECT_TITLE", name);
  list.add("CI_PROJECT_NAMESPACE", space);
  list.add("CI_PROJECT_NAMESPACE_SLUG", slug(space));
  list.add("CI_PROJECT_ROOT_NAMESPACE", space.substr(0, space.find('/')));
  list.add("CI_PROJECT_PATH", address.path);
  list.add("CI_PROJECT_PATH_SLUG", slug(address.path));
  list.add("CI_PROJECT_URL", server + "/" + address.path);
  list.add("CI_PROJECT_VISIBILITY", "private");
  list.add("CI_REPOSITORY_URL", address.clone_url);
  list.add("CI_API_V4_URL", server + "/api/v4");
  list.add("CI_API_GRAPHQL_URL", server + "/api/graphql");
  list.add("CI_SERVER", "yes");
  list.add("CI_SERVER_NAME", "GitLab");
  list.add("CI_SERVER_HOST", address.host);
  list.add("CI_SERVER_PORT", address.port);
  list.add("CI_SERVER_PROTOCOL", address.protocol);
  list.add("CI_SERVER_FQDN", fqdn);
  list.add("CI_SERVER_URL", server);
  list.add("CI_SERVER_VERSION", std::string(kVersion));
  list.add("CI_SERVER_VERSION_MAJOR", "18");
  list.add("CI_SERVER_VERSION_MINOR", "6");
  list.add("CI_SERVER_VERSION_PATCH", "0");
}

std::string login_of(const os::Environment& environment, const std::string& email) {
  for (const char* name : {"USER", "LOGNAME"}) {
    auto found = environment.find(name);
    if (found != environment.end() && !found->second.empty()) return found->second;
  }
  return email.substr(0, email.find('@'));
}

}  // namespace

Result<ProjectAddress> project_address(const git::Repository& repository) {
  PENSTOCK_TRY(const std::optional<std::string> remote, repository.config_value("remote.origin.url"));
  return parse_remote(remote.value_or(""), repository.top_level().filename().string());
}

std::string value_of(const Variables& variables, std::string_view name) {
  for (auto variable = variables.rbegin(); variable != variables.rend(); ++variable) {
    if (variable->name == name) return variable->value;
  }
  return {};
}

Result<Variables> project_variables(const git::Repository& repository, const CommitFacts& commit,
                                    const std::string& config_path, const os::Environment& environment) {
  PENSTOCK_TRY(std::optional<std::string> user, repository.config_value("user.name"));
  PENSTOCK_TRY(std::optional<std::string> email, repository.config_value("user.email"));
  PENSTOCK_TRY(std::optional<std::string> standard, repository.default_branch());
  PENSTOCK_TRY(const ProjectAddress address, project_address(repository));
  List list;
  list.add("CI", "true");
  list.add("GITLAB_CI", "true");
  list.add("CI_CONFIG_PATH", config_path);
  if (standard) {
    list.add("CI_DEFAULT_BRANCH", *standard);
    list.add("CI_DEFAULT_BRANCH_SLUG", slug(*standard));
  }
  add_project(list, address);
  list.add("GITLAB_USER_NAME", user.value_or(commit.commit.author.name));
  list.add("GITLAB_USER_EMAIL", email.value_or(commit.commit.author.email));
  list.add("GITLAB_USER_LOGIN", login_of(environment, email.value_or(commit.commit.author.email)));
  return list.take();
}

Result<EventFacts> event_facts(const git::Repository& repository, const RepositorySources& sources,
                               const Circumstances& circumstances) {
  EventFacts facts;
  if (circumstances.is_merge_request()) {
    PENSTOCK_TRY(const std::optional<std::string> base, sources.base());
    facts.base = base.value_or("");
  } else if (!circumstances.tag.empty()) {
    facts.tag_message = message_of(repository, circumstances.tag);
  }
  return facts;
}

Variables event_variables(const CommitFacts& commit, const Circumstances& circumstances, const Variables& project,
                          const EventFacts& facts) {
  List list;
  list.add("CI_PIPELINE_SOURCE", circumstances.event);
  if (circumstances.event == "trigger") list.add("CI_PIPELINE_TRIGGERED", "true");
  add_commit(list, commit, circumstances);
  if (circumstances.is_merge_request()) {
    add_merge_request(list, commit, circumstances, value_of(project, "CI_PROJECT_PATH"),
                      value_of(project, "CI_PROJECT_URL"), facts.base);
  } else if (!circumstances.tag.empty()) {
    list.add("CI_COMMIT_TAG", circumstances.tag);
    list.add("CI_COMMIT_TAG_MESSAGE", facts.tag_message);
  } else if (!circumstances.branch.empty()) {
    list.add("CI_COMMIT_BRANCH", circumstances.branch);
  }
  return list.take();
}

}  // namespace penstock
