#include "environments/inherit.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "base/words.h"
#include "environments/values.h"

namespace penstock::environments {
namespace {

using yaml::Entry;
using yaml::Node;

constexpr size_t kMostLevels = 11;
/// What one entry may weigh, and all of them together: `extends` doubles cheaply, so it is bounded.
constexpr uint32_t kMostWeight = 100'000;
constexpr uint64_t kMostTotalWeight = 2'000'000;

constexpr std::array<std::string_view, 5> kStrategies = {"rolling", "recreate", "blue-green", "blue_green", "canary"};
constexpr std::array<std::string_view, 2> kTraffic = {"haproxy", "command"};
constexpr std::array<std::string_view, 3> kProbes = {"http", "tcp", "command"};

/// The keys of which a mapping under `key` holds one.
std::span<const std::string_view> choices_of(std::string_view key) {
  if (key == "strategy") return kStrategies;
  if (key == "traffic") return kTraffic;
  if (key == "health" || key == "liveness") return kProbes;
  return {};
}

bool holds(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

const Node* Inheritance::resolve(const Entry& entry) {
  const Node* extends = entry.value->find("extends");
  if (extends == nullptr) return entry.value;
  const std::string_view name = entry.key->text();
  if (const auto known = resolved_.find(name); known != resolved_.end()) return known->second;
  if (auto again = std::find(open_.begin(), open_.end(), name); again != open_.end()) {
    std::string path;
    for (; again != open_.end(); ++again) path += quoted(*again) + " → ";
    report_.error("extends-cycle", extends->span(), "`extends` runs in a circle: " + path + quoted(name));
    return nullptr;
  }
  if (open_.size() >= kMostLevels) {
    report_.error("nesting-too-deep", extends->span(), "`extends` is nested more than 11 levels deep");
    return nullptr;
  }
  open_.push_back(name);
  const Node* merged = merge_parents(entry, *extends);
  open_.pop_back();
  resolved_[name] = merged;
  return merged;
}

const Node* Inheritance::merge_parents(const Entry& entry, const Node& extends) {
  const Node* merged = nullptr;
  bool whole = true;
  const Node* const self = &extends;
  if (!extends.is_string() && !extends.is_sequence()) {
    wrong_type(report_, extends, "`extends`", "the name of an environment or template, or a list of them");
    return nullptr;
  }
  if (extends.is_sequence() && extends.items().empty()) {
    report_.error("missing-value", extends.span(), "`extends` is empty").help = "name one, or leave it out";
    return nullptr;
  }
  for (const Node* name : extends.is_sequence() ? extends.items() : std::span(&self, 1)) {
    const Node* parent = parent_of(entry, *name);
    whole = whole && parent != nullptr;
    if (parent == nullptr) continue;
    merged = grown(merged == nullptr ? *parent : *lay_upon(*merged, *parent, {}), extends);
    if (merged == nullptr) return nullptr;
  }
  if (!whole) return nullptr;
  const Node* own = without_extends(*entry.value);
  return merged == nullptr ? own : grown(*lay_upon(*merged, *own, {}), extends);
}

const Node* Inheritance::grown(const Node& node, const Node& extends) {
  total_ += node.weight();
  if (node.weight() <= kMostWeight && total_ <= kMostTotalWeight) return &node;
  report_.error("too-large", extends.span(), "the environment grows too large by this `extends`");
  return nullptr;
}

const Node* Inheritance::parent_of(const Entry& entry, const Node& node) {
  const std::optional<std::string> name = read_text(report_, node, "a name in `extends`");
  if (!name) return nullptr;
  const Entry* parent = *name == "groups" ? nullptr : file_.find_entry(*name);
  if (parent == nullptr) {
    std::vector<std::string_view> names;
    for (const Entry& other : file_.entries()) {
      if (other.key->text() != "groups" && other.key->text() != entry.key->text()) names.push_back(other.key->text());
    }
    report_
        .error("unknown-environment", node.span(),
               quoted(entry.key->text()) + " extends " + quoted(*name) + ", which doesn't exist")
        .instead = nearest(*name, names);
    return nullptr;
  }
  if (!parent->value->is_mapping()) {
    report_.error("wrong-type", node.span(),
                  quoted(*name) + " can't be extended: it is " + std::string(parent->value->kind_name()));
    return nullptr;
  }
  const Node* resolved = resolve(*parent);
  return resolved == nullptr ? nullptr : without_extends(*resolved);
}

const Node* Inheritance::without_extends(const Node& node) {
  if (node.find("extends") == nullptr) return &node;
  std::vector<Entry> entries;
  for (const Entry& entry : node.entries()) {
    if (entry.key->text() != "extends") entries.push_back(entry);
  }
  return arena_.mapping(entries, node);
}

const Node* Inheritance::lay_upon(const Node& base, const Node& over, std::string_view key) {
  if (!base.is_mapping() || !over.is_mapping() || &base == &over) return &over;
  const std::span<const std::string_view> choices = choices_of(key);
  const bool chooses = std::any_of(over.entries().begin(), over.entries().end(),
                                   [&](const Entry& entry) { return holds(choices, entry.key->text()); });
  std::vector<Entry> entries;
  entries.reserve(base.entries().size() + over.entries().size());
  for (const Entry& entry : base.entries()) {
    const std::string_view name = entry.key->text();
    const Entry* upon = over.find_entry(name);
    if (upon == nullptr && chooses && holds(choices, name)) continue;
    entries.push_back(upon == nullptr ? entry : Entry{upon->key, lay_upon(*entry.value, *upon->value, name)});
  }
  for (const Entry& entry : over.entries()) {
    if (base.find_entry(entry.key->text()) == nullptr) entries.push_back(entry);
  }
  return arena_.mapping(entries, over);
}

}  // namespace penstock::environments
