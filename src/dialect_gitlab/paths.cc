#include "dialect_gitlab/paths.h"

#include <re2/re2.h>

#include <algorithm>

#include "base/glob.h"
#include "dialect_gitlab/path_pattern.h"

namespace penstock::gitlab {
namespace {

constexpr size_t kShownPaths = 3;

std::string none_of(const std::vector<std::string>& files) {
  if (files.empty()) return "no file changed";
  std::string text =
      files.size() == 1 ? "the changed file (" : "none of the " + std::to_string(files.size()) + " changed files (";
  for (size_t i = 0; i < files.size() && i < kShownPaths; ++i) text += (i == 0 ? "" : ", ") + files[i];
  if (files.size() > kShownPaths) text += ", …";
  return text + (files.size() == 1 ? ") doesn't match" : ") matches");
}

bool has_wildcard(std::string_view pattern) { return pattern.find_first_of("*?[{\\") != std::string_view::npos; }

}  // namespace

const Result<PathQuestions::Changes>& PathQuestions::changes_against(const std::string& compare_to) {
  auto found = changes_.find(compare_to);
  if (found == changes_.end()) found = changes_.emplace(compare_to, reader_.changed_files(compare_to)).first;
  return found->second;
}

const std::string& PathQuestions::first_match(const std::string& key, const std::string& pattern,
                                              const std::vector<std::string>& paths, PathsBy by, bool with_folders) {
  auto [known, added] = first_matches_.try_emplace(key + (by == PathsBy::glob ? '\n' : '\t') + pattern);
  if (!added) return known->second;
  if (by == PathsBy::regexp) {
    const PathPattern expression(pattern);
    const auto found =
        std::find_if(paths.begin(), paths.end(), [&](const std::string& path) { return expression.matches(path); });
    if (found != paths.end()) known->second = *found;
    return known->second;
  }
  if (!has_wildcard(pattern)) {
    auto at = std::lower_bound(paths.begin(), paths.end(), pattern);
    const bool folder = with_folders && pattern.ends_with('/') && at != paths.end() && at->starts_with(pattern);
    if (at != paths.end() && (*at == pattern || folder)) known->second = *at;
    return known->second;
  }
  Glob glob(pattern, GlobStyle::ruby);
  auto at = std::find_if(paths.begin(), paths.end(), [&](const std::string& path) { return glob.matches(path); });
  if (at != paths.end()) known->second = *at;
  return known->second;
}

PathQuestions::Answer PathQuestions::changed(const std::vector<std::string>& patterns, const std::string& compare_to,
                                             PathsBy by) {
  const Result<Changes>& changes = changes_against(compare_to);
  if (!changes.ok()) return {false, {}, changes.error().message};
  if (!*changes) return {true, "there is nothing to compare with, so everything counts as changed", {}};
  const std::vector<std::string>& files = **changes;
  for (const std::string& pattern : patterns) {
    const std::string& match = first_match("changed " + compare_to, pattern, files, by, false);
    if (!match.empty()) return {true, match + " changed", {}};
  }
  return {false, none_of(files), {}};
}

PathQuestions::Answer PathQuestions::exists(SourceTree& tree, const std::vector<std::string>& patterns, PathsBy by) {
  const std::string key = "exists " + std::to_string(trees_.try_emplace(&tree, trees_.size()).first->second);
  for (const std::string& pattern : patterns) {
    const std::string& match = first_match(key, pattern, tree.paths(), by, true);
    if (!match.empty()) return {true, match + " exists", {}};
  }
  return {false, "no such file", {}};
}

std::vector<std::string> PathQuestions::included(SourceTree& tree, std::string_view pattern) {
  std::string expression;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern.substr(i).starts_with("**")) {
      expression += ".*";
      ++i;
    } else {
      expression += pattern[i] == '*' ? "[^/]*" : re2::RE2::QuoteMeta(std::string(1, pattern[i]));
    }
  }
  std::vector<std::string> found;
  re2::RE2 compiled(expression);
  for (const std::string& path : tree.paths()) {
    if (re2::RE2::FullMatch(path, compiled)) found.push_back(path);
  }
  return found;
}

}  // namespace penstock::gitlab
