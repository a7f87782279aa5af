#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace penstock {

/// A released version, by its tag: `1.2.3` or `v1.2.3`, a pre-release with a dash behind it.
struct Version {
  std::array<uint32_t, 3> numbers{};
  bool prerelease = false;
  std::string text;  ///< Without the `v`.
};
std::optional<Version> parse_version(std::string_view tag);

/// What the refs of a repository stand for: commits by full names (`refs/tags/v1`, `HEAD`).
class RefList {
 public:
  /// A line a ref, `ID NAME`, with a blank or a tab between; `NAME^{}` is the commit behind a tag. As `git ls-remote`
  /// and `git show-ref` print it; lines of another form are left aside.
  static RefList parse(std::string_view listing);

  [[nodiscard]] const std::string* find(const std::string& name) const;

  /// The commit that somebody means by `ref`: a full id, a tag, a branch (those below `first` before others), in this
  /// order as on GitLab; empty: the default branch. With `versions`, `~latest`, `1` and `1.2` mean the newest released
  /// version (no pre-release) of these. Nothing where there is none.
  struct Picked {
    friend bool operator==(const Picked&, const Picked&) = default;
    std::string commit;
    std::string version;  ///< Of the tag, where that is a version.
  };
  [[nodiscard]] std::optional<Picked> pick(const std::string& ref, bool versions,
                                           std::string_view first = "refs/heads/") const;

 private:
  [[nodiscard]] std::optional<Picked> newest(std::string_view wanted) const;

  std::map<std::string, std::string, std::less<>> commits_;
};

/// 40 or 64 lower-case hexadecimal digits.
bool is_commit_id(std::string_view text);

}  // namespace penstock
