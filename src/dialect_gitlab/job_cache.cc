#include <algorithm>
#include <array>

#include "dialect_gitlab/job.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

constexpr size_t kMaxCaches = 4;
constexpr size_t kMaxKeyFiles = 10;
constexpr size_t kMaxKeyCommits = 2;
constexpr size_t kMaxFallbackKeys = 5;
constexpr std::array<Keyword, 7> kCache = {
    {{"key"}, {"paths"}, {"untracked"}, {"when"}, {"policy"}, {"fallback_keys"}, {"unprotect"}}};
constexpr std::array<Keyword, 3> kKey = {{{"files"}, {"prefix"}, {"files_commits"}}};
constexpr std::array<std::string_view, 3> kPolicies = {"pull-push", "pull", "push"};
constexpr std::array<std::string_view, 3> kKeepWhens = {"on_success", "on_failure", "always"};

void check_key(Report& report, const Node& node, const std::string& key) {
  std::string plain;
  for (size_t i = 0; i < key.size(); ++i) {
    const std::string_view coded = std::string_view(key).substr(i, 3);
    const bool slash = coded == "%2F" || coded == "%2f";
    const bool dot = coded == "%2E" || coded == "%2e";
    plain += slash ? '/' : dot ? '.' : key[i];
    if (slash || dot) i += 2;
  }
  const bool dots = !plain.empty() && plain.find_first_not_of('.') == std::string::npos;
  if (plain.find('/') == std::string::npos && !dots) return;
  report.error("invalid-key", node.span(), "a cache's key can hold no `/` and can't be only dots");
}

void read_key(Report& report, const Node& node, Cache& cache) {
  if (node.is_scalar()) {
    cache.key = node.to_text();
    check_key(report, node, cache.key);
    return;
  }
  if (!check_keywords(report, node, kKey, "`cache: key`")) return;
  const Node* files = node.find("files");
  const Node* commits = node.find("files_commits");
  if ((files == nullptr) == (commits == nullptr)) {
    report.error(files == nullptr ? "missing-value" : "conflicting-keywords", node.span(),
                 "`cache: key` needs either `files` or `files_commits`");
    return;
  }
  // GitLab digests the commits that changed the files last, we what they hold: it changes at the same times.
  const bool by_commit = commits != nullptr;
  const Node& list = by_commit ? *commits : *files;
  const char* const what = by_commit ? "`cache: key: files_commits`" : "`cache: key: files`";
  const size_t most = by_commit ? kMaxKeyCommits : kMaxKeyFiles;
  cache.key_files = read_strings(report, list, what);
  if (cache.key_files.empty() || cache.key_files.size() > most) {
    report.error("out-of-range", list.span(),
                 std::string(what) + " wants one to " + std::to_string(most) + " files, not " +
                     std::to_string(cache.key_files.size()));
  }
  if (const Node* prefix = node.find("prefix")) {
    if (!prefix->is_scalar()) read_string(report, *prefix, "`cache: key: prefix`");
    cache.key_prefix = prefix->to_text();
  }
}

void read_policy(Report& report, const Node& node, Cache& cache) {
  if (node.text().starts_with('$')) {
    cache.policy = std::string(node.text());
  } else {
    cache.policy = read_word(report, node, "`cache: policy`", kPolicies).value_or("pull-push");
  }
}

std::optional<Cache> read_one(Report& report, const Node& node) {
  if (!check_keywords(report, node, kCache, "`cache`")) return std::nullopt;
  Cache cache;
  for (const yaml::Entry& entry : node.entries()) {
    const Node& value = *entry.value;
    std::string_view key = entry.key->text();
    if (value.is_null()) continue;
    if (key == "key") read_key(report, value, cache);
    if (key == "paths") cache.paths = read_strings(report, value, "`cache: paths`");
    if (key == "untracked") cache.untracked = read_bool(report, value, "`untracked`").value_or(false);
    if (key == "policy") read_policy(report, value, cache);
    if (key == "unprotect") read_bool(report, value, "`unprotect`");
    if (key == "fallback_keys") cache.fallback_keys = read_strings(report, value, "`fallback_keys`");
    if (key != "when") continue;
    std::optional<std::string> word = read_word(report, value, "`cache: when`", kKeepWhens);
    cache.when = word == "always"       ? KeepWhen::always
                 : word == "on_failure" ? KeepWhen::on_failure
                                        : KeepWhen::on_success;
  }
  if (cache.fallback_keys.size() > kMaxFallbackKeys) {
    report.error("too-many", node.find("fallback_keys")->span(), "at most 5 `fallback_keys` are allowed");
  }
  if (cache.paths.empty() && !cache.untracked) return std::nullopt;
  return cache;
}

}  // namespace

void read_cache(JobReader& reader, const Node& node) {
  std::vector<const Node*> items = flat_items(node);
  if (items.size() > kMaxCaches) {
    reader.report.error("too-many", node.span(),
                        "a job can have at most 4 caches, not " + std::to_string(items.size()));
    items.resize(kMaxCaches);
  }
  for (const Node* item : items) {
    if (std::optional<Cache> cache = read_one(reader.report, *item))
      reader.draft.job.caches.push_back(std::move(*cache));
  }
}

}  // namespace penstock::gitlab
