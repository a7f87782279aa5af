#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "environments/report.h"
#include "yaml/yaml.h"

namespace penstock::environments {

/// Resolves `extends` among the entries of the file: parents first, the later one wins. Mappings are merged key by key,
/// everything else is replaced. Of what is one of several (strategies, who steers traffic, how health is looked at)
/// another choice replaces the inherited one whole.
class Inheritance {
 public:
  Inheritance(Report& report, yaml::Arena& arena, const yaml::Node& file)
      : report_(report), arena_(arena), file_(file) {}

  /// The entry with what it inherits; null where that fails, which is reported.
  const yaml::Node* resolve(const yaml::Entry& entry);
  /// `own` laid upon what it shares with others, as if it extended that; null where that grows too large.
  const yaml::Node* over(const yaml::Node& shared, const yaml::Node& own) {
    return grown(*lay_upon(shared, own, {}), own);
  }

 private:
  const yaml::Node* merge_parents(const yaml::Entry& entry, const yaml::Node& extends);
  const yaml::Node* parent_of(const yaml::Entry& entry, const yaml::Node& name);
  const yaml::Node* without_extends(const yaml::Node& node);
  const yaml::Node* lay_upon(const yaml::Node& base, const yaml::Node& over, std::string_view key);
  const yaml::Node* grown(const yaml::Node& node, const yaml::Node& extends);

  Report& report_;
  yaml::Arena& arena_;
  const yaml::Node& file_;
  std::unordered_map<std::string_view, const yaml::Node*> resolved_;
  std::vector<std::string_view> open_;
  uint64_t total_ = 0;
};

}  // namespace penstock::environments
