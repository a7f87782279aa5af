#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "environments/values.h"

namespace penstock::environments {

/// One mapping, read key by key. What nobody asked for is reported by `finish`, with the nearest of what was asked for.
/// A value of `null` is as one that isn't there: so an entry takes away what it inherits.
class Fields {
 public:
  /// `where` is how a person would say it: "`health`", "an environment". What is no mapping is reported and has no
  /// fields.
  Fields(Report& report, const Node& node, std::string where);

  [[nodiscard]] bool readable() const { return node_.is_mapping(); }
  [[nodiscard]] const Node& node() const { return node_; }
  Report& report() { return report_; }

  /// The value, or null.
  const Node* find(std::string_view key);
  /// Which of these keys is there; reports a second one as a contradiction.
  std::optional<std::string_view> one_of(std::span<const std::string_view> keys);

  // Each reads into `value` where the key is there and right; else `value` stays as it is. True where the key is there.
  bool text(std::string_view key, std::string& value);
  bool flag(std::string_view key, bool& value);
  bool flag(std::string_view key, std::optional<bool>& value);
  bool number(std::string_view key, int& value, int least, int most);
  bool duration(std::string_view key, Duration& value, Duration least, Duration most);
  bool duration(std::string_view key, std::optional<Duration>& value, Duration least, Duration most);
  bool share(std::string_view key, double& value);
  bool amount(std::string_view key, Amount& value, std::string_view of = "instances", int least = 0);
  bool texts(std::string_view key, std::vector<std::string>& value);
  bool pairs(std::string_view key, Pairs& value);
  bool word(std::string_view key, std::string& value, std::span<const std::string_view> words);

  /// `key` must be said: reported by `finish`, unless one of the unknown keys means it, or another of `others`, which
  /// would do as well.
  void missing(std::string_view key, std::string_view help, std::span<const std::string_view> others = {});
  void finish();

 private:
  Report& report_;
  const Node& node_;
  std::string where_;
  std::vector<std::string_view> asked_;
  struct Missing {
    std::string_view key;
    std::string_view help;
    std::span<const std::string_view> others;
  };
  std::vector<Missing> missing_;
};

}  // namespace penstock::environments
