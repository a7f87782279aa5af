#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace penstock {

/// The three places where GitLab has globs read them differently.
enum class GlobStyle {
  /// `rules: changes|exists` and `include: local`: Ruby's File.fnmatch with PATHNAME, DOTMATCH and EXTGLOB: `*` and `?`
  /// stay inside a path
  /// component, `**/` spans any number of components (also none), `[a-z]`, `[!a]`, `{a,b}` (nested), `\` escapes.
  /// `**` at the end of a pattern is `*`. An unclosed `[` or `{` matches nothing, here and below.
  ruby,
  /// `artifacts: paths|exclude` and `cache: paths`: Go's doublestar as gitlab-runner uses it: as above, but `**` at the
  /// end of a pattern
  /// matches the folder itself and everything below, and a pattern is cleaned first (`./`, doubled and trailing
  /// slashes).
  /// That a folder that matches brings all its content is up to whoever walks.
  doublestar,
};

/// A compiled pattern. Matching takes time linear in pattern × path: no pattern makes it explode. Braces that would
/// expand to more than 1,000 alternatives (or to more than 1 MB) are taken literally. Characters are UTF-8.
class Glob {
 public:
  Glob(std::string_view pattern, GlobStyle style);

  /// `path` is relative, with `/` between components and no leading `./`.
  [[nodiscard]] bool matches(std::string_view path) const;
  /// Whether something below folder `folder` could match: lets a walk leave out whole trees.
  [[nodiscard]] bool may_match_below(std::string_view folder) const;
  /// The leading components without any wildcard, such as `src/app` of `src/app/**/*.py`: where a walk may start.
  /// All of a pattern without wildcards. Of several alternatives, what they have in common.
  [[nodiscard]] const std::string& literal_prefix() const { return prefix_; }
  [[nodiscard]] const std::string& pattern() const { return pattern_; }

 private:
  /// What stands between two slashes.
  struct Component {
    enum class Kind { literal, wildcard, any_depth };
    Kind kind = Kind::literal;
    std::string text;  ///< A literal's without its escapes.
  };
  using Components = std::vector<Component>;

  [[nodiscard]] Components split(std::string_view alternative, bool literally) const;
  static bool matches(const Components& components, std::string_view path);
  static bool may_match_below(const Components& components, std::string_view folder);
  void find_prefix();

  std::string pattern_;
  std::string prefix_;
  GlobStyle style_;
  /// One for each alternative of the brace expansion.
  std::vector<Components> alternatives_;
};

}  // namespace penstock
