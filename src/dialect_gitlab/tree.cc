#include "dialect_gitlab/tree.h"

namespace penstock::gitlab {

using yaml::Entry;
using yaml::Node;

const Node* deep_merge(yaml::Arena& arena, const Node& base, const Node& over) {
  if (!base.is_mapping() || !over.is_mapping() || &base == &over) return &over;
  std::vector<Entry> entries;
  entries.reserve(base.entries().size() + over.entries().size());
  for (const Entry& entry : base.entries()) {
    const Entry* upon = over.find_entry(entry.key->text());
    entries.push_back(upon == nullptr ? entry : Entry{upon->key, deep_merge(arena, *entry.value, *upon->value)});
  }
  for (const Entry& entry : over.entries()) {
    if (base.find_entry(entry.key->text()) == nullptr) entries.push_back(entry);
  }
  return arena.mapping(entries, over);
}

void Config::merge(yaml::Arena& arena, const Node& file) {
  for (const Entry& entry : file.entries()) {
    auto [known, added] = index_.try_emplace(entry.key->text(), sections_.size());
    if (added) {
      sections_.push_back({entry.key, entry.value});
    } else {
      Section& section = sections_[known->second];
      section = {entry.key, deep_merge(arena, *section.value, *entry.value)};
    }
  }
}

const Config::Section* Config::find(std::string_view name) const {
  auto found = index_.find(name);
  return found == index_.end() ? nullptr : &sections_[found->second];
}

void Config::replace(std::string_view name, const Node& value) {
  auto found = index_.find(name);
  if (found != index_.end()) sections_[found->second].value = &value;
}

std::vector<std::string_view> Config::names() const {
  std::vector<std::string_view> names;
  for (const Section& section : sections_) names.push_back(section.key->text());
  return names;
}

}  // namespace penstock::gitlab
