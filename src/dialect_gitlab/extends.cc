#include <algorithm>
#include <optional>

#include "dialect_gitlab/read.h"
#include "dialect_gitlab/tree.h"

namespace penstock::gitlab {
namespace {

using yaml::Entry;
using yaml::Node;

constexpr size_t kMaxLevels = 11;
/// What a merged job may weigh, and all of them together: `extends` doubles cheaply, so it is bounded.
constexpr uint32_t kMaxWeight = 100'000;
constexpr uint64_t kMaxTotalWeight = 4'000'000;

class Extends {
 public:
  Extends(Report& report, yaml::Arena& arena, Config& config) : report_(report), arena_(arena), config_(config) {}

  void run() {
    for (const Config::Section& section : config_.sections()) {
      if (section.value->find("extends") != nullptr) resolve(section);
    }
    for (const auto& [name, node] : resolved_) {
      if (node != nullptr) config_.replace(name, *node);
    }
  }

 private:
  /// The section with its parents merged in; null where that fails, which is reported.
  const Node* resolve(const Config::Section& section) {
    std::string_view name = section.key->text();
    const Node* extends = section.value->find("extends");
    if (extends == nullptr) return section.value;
    auto known = resolved_.find(name);
    if (known != resolved_.end()) return known->second;
    if (!enter(name, *extends)) return nullptr;
    const Node* merged = merge_parents(section, *extends);
    open_.pop_back();
    resolved_[name] = merged;
    if (merged != nullptr && ++levels_[name] > kMaxLevels) {
      report_.error("nesting-too-deep", extends->span(), "`extends` is nested more than 11 levels deep");
    }
    return merged;
  }

  bool enter(std::string_view name, const Node& extends) {
    if (auto again = std::find(open_.begin(), open_.end(), name); again != open_.end()) {
      std::string path;
      for (; again != open_.end(); ++again) path += "`" + std::string(*again) + "` → ";
      report_.error("extends-cycle", extends.span(),
                    "`extends` runs in a circle: " + path + "`" + std::string(name) + "`");
      return false;
    }
    if (open_.size() > kMaxLevels) {
      report_.error("nesting-too-deep", extends.span(), "`extends` is nested more than 11 levels deep");
      return false;
    }
    open_.push_back(name);
    return true;
  }

  const Node* merge_parents(const Config::Section& section, const Node& extends) {
    const Node* merged = nullptr;
    bool whole = true;
    for (const Node* parent_name : flat_items(extends)) {
      const Node* parent = parent_of(section, *parent_name);
      if (parent == nullptr) {
        whole = false;
        continue;
      }
      merged = merged == nullptr ? parent : deep_merge(arena_, *merged, *parent);
    }
    if (!whole || merged == nullptr) return nullptr;
    merged = deep_merge(arena_, *merged, *without_extends(*section.value));
    total_ += merged->weight();
    if (merged->weight() > kMaxWeight || total_ > kMaxTotalWeight) {
      report_.error("too-large", extends.span(), "the configuration grows too large by this `extends`");
      return nullptr;
    }
    return merged;
  }

  const Node* parent_of(const Config::Section& section, const Node& parent_name) {
    std::optional<std::string> name = read_string(report_, parent_name, "`extends`");
    if (!name) return nullptr;
    const Config::Section* parent = config_.find(*name);
    if (parent == nullptr) {
      auto names = config_.names();
      std::erase(names, section.key->text());
      report_
          .error("unknown-job", parent_name.span(),
                 "`" + std::string(section.key->text()) + "` extends `" + *name + "`, which doesn't exist")
          .instead = nearest(*name, names);
      return nullptr;
    }
    if (!parent->value->is_mapping()) {
      report_.error("wrong-type", parent_name.span(),
                    "`" + *name + "` can't be extended: it is " + std::string(parent->value->kind_name()));
      return nullptr;
    }
    if (total_ > kMaxTotalWeight) return nullptr;
    const Node* resolved = resolve(*parent);
    size_t& levels = levels_[section.key->text()];
    levels = std::max(levels, levels_[parent->key->text()]);
    return resolved == nullptr ? nullptr : without_extends(*resolved);
  }

  const Node* without_extends(const Node& job) {
    if (job.find("extends") == nullptr) return &job;
    std::vector<Entry> entries;
    for (const Entry& entry : job.entries()) {
      if (entry.key->text() != "extends") entries.push_back(entry);
    }
    return arena_.mapping(entries, job);
  }

  Report& report_;
  yaml::Arena& arena_;
  Config& config_;
  std::unordered_map<std::string_view, const Node*> resolved_;
  std::unordered_map<std::string_view, size_t> levels_;  // Of parents above each section.
  std::vector<std::string_view> open_;
  uint64_t total_ = 0;
};

}  // namespace

void resolve_extends(Report& report, yaml::Arena& arena, Config& config) { Extends(report, arena, config).run(); }

}  // namespace penstock::gitlab
