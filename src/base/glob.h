#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace penstock {

/// The three places where GitLab has globs read them differently.
enum class GlobStyle {
  /// `rules: changes|exists` and `include: local`: Ruby's File.fnmatch with PATHNAME, DOTMATCH and EXTGLOB: `*` and `?` stay inside a path
  /// component, `**/` spans any number of components (also none), `[a-z]`, `[!a]`, `{a,b}` (nested), `\` escapes.
  ruby,
  /// `artifacts: paths|exclude` and `cache: paths`: Go's doublestar as gitlab-runner uses it: as above, but also `**` at the end of a
  /// pattern spans everything below, and a leading dot needs no special mention.
  doublestar,
};

/// A compiled pattern. Matching takes time linear in pattern × path: no pattern makes it explode.
class Glob {
 public:
  Glob(std::string_view pattern, GlobStyle style);

  /// `path` is relative, with `/` between components and no leading `./`.
  [[nodiscard]] bool matches(std::string_view path) const;
  /// Whether something below folder `folder` could match: lets a walk leave out whole trees.
  [[nodiscard]] bool may_match_below(std::string_view folder) const;
  /// The leading components without any wildcard, such as `src/app` of `src/app/**/*.py`: where a walk may start.
  [[nodiscard]] const std::string& literal_prefix() const { return prefix_; }
  [[nodiscard]] const std::string& pattern() const { return pattern_; }

 private:
  std::string pattern_;
  std::string prefix_;
  /// One alternative of the brace expansion, split at `/`.
  std::vector<std::vector<std::string>> alternatives_;
  GlobStyle style_;
};

}  // namespace penstock
