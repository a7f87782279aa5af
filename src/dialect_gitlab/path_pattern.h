#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace penstock::gitlab {

/// A regular expression of `changes: regexp` or `exists: regexp`, found anywhere in a path. GitLab reads it with Ruby's
/// engine, we with RE2, in linear time; what people want of Ruby's, to look ahead at the beginning (`\A(?!docs/)`), is
/// understood.
class PathPattern {
 public:
  explicit PathPattern(std::string_view text);

  /// Why it can't be used, as half a sentence; empty where it can.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] bool matches(const std::string& path) const;

 private:
  struct Part {
    std::shared_ptr<const re2::RE2> pattern;
    bool wanted = true;  ///< It must match; else it mustn't.
  };
  void add(const std::string& pattern, bool wanted);

  std::vector<Part> parts_;
  std::string problem_;
};

}  // namespace penstock::gitlab
