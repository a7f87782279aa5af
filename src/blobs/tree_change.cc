#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_map>

#include "blobs/tree.h"

namespace penstock {
namespace {

using Entries = std::unordered_map<std::string_view, const TreeEntry*>;

Entries by_path(const Tree& tree) {
  Entries entries;
  entries.reserve(tree.size());
  for (const TreeEntry& entry : tree) entries.emplace(entry.path, &entry);
  return entries;
}

}  // namespace

std::optional<Tree> addition_between(const Tree& from, const Tree& to) {
  const Entries before = by_path(from);
  const Entries after = by_path(to);
  if (!std::all_of(from.begin(), from.end(), [&](const TreeEntry& entry) { return after.contains(entry.path); }))
    return std::nullopt;
  std::set<std::string_view> put;
  for (const TreeEntry& entry : to) {
    const auto old = before.find(entry.path);
    if (old != before.end() && *old->second == entry) continue;
    put.insert(entry.path);
    const std::string_view path = entry.path;
    for (size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
      if (after.contains(path.substr(0, slash))) put.insert(path.substr(0, slash));
    }
  }
  Tree addition;
  for (const std::string_view path : put) addition.push_back(*after.at(path));
  return addition;
}

}  // namespace penstock
