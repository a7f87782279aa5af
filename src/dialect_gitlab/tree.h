#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dialect_gitlab/report.h"
#include "yaml/yaml.h"

namespace penstock::gitlab {

/// `over` laid upon `base`, as GitLab merges configurations: mappings key by key, everything else replaced.
const yaml::Node* deep_merge(yaml::Arena& arena, const yaml::Node& base, const yaml::Node& over);

/// The top level of the configuration, all files merged: its keys in order of first appearance.
class Config {
 public:
  struct Section {
    const yaml::Node* key;
    const yaml::Node* value;
  };

  /// Lays a file's top level upon what is there.
  void merge(yaml::Arena& arena, const yaml::Node& file);
  [[nodiscard]] const std::vector<Section>& sections() const { return sections_; }
  [[nodiscard]] const Section* find(std::string_view name) const;
  void replace(std::string_view name, const yaml::Node& value);
  /// All names of jobs, hidden ones included: for suggestions.
  [[nodiscard]] std::vector<std::string_view> names() const;

 private:
  std::vector<Section> sections_;
  std::unordered_map<std::string_view, size_t> index_;
};

/// Applies `extends` to every section that has one: parents first, the later one wins, at most 11 levels.
void resolve_extends(Report& report, yaml::Arena& arena, Config& config);

/// Puts in place what each `!reference [section, key, …]` names, after `extends`.
void resolve_references(Report& report, yaml::Arena& arena, Config& config);

}  // namespace penstock::gitlab
