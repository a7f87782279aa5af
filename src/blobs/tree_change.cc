#include <algorithm>
#include <iterator>
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

bool has(const Entries& entries, const TreeEntry& entry) {
  const auto found = entries.find(entry.path);
  return found != entries.end() && *found->second == entry;
}

}  // namespace

Tree unchanged_between(const Tree& from, const Tree& to) {
  const Entries before = by_path(from);
  Tree same;
  std::copy_if(to.begin(), to.end(), std::back_inserter(same),
               [&](const TreeEntry& entry) { return has(before, entry); });
  return same;
}

std::optional<Tree> addition_between(const Tree& from, const Tree& to) {
  const Entries before = by_path(from);
  const Entries after = by_path(to);
  if (!std::all_of(from.begin(), from.end(), [&](const TreeEntry& entry) { return after.contains(entry.path); }))
    return std::nullopt;
  std::set<std::string_view> put;
  for (const TreeEntry& entry : to) {
    if (has(before, entry)) continue;
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
