#include <string>
#include <string_view>
#include <unordered_map>

#include "base/text_width.h"
#include "blobs/tree.h"

namespace penstock {
namespace {

constexpr size_t kLongestPath = 4095;
constexpr size_t kLongestName = 255;

Error refuse(std::string_view path, const std::string& why) {
  return {Fault::user, "`" + printable(path) + "` " + why, ""};
}

/// What is wrong with a path by itself; empty: nothing.
std::string fault_of_path(std::string_view path) {
  if (path.empty()) return "is no path";
  if (path.front() == '/') return "is an absolute path";
  if (path.size() > kLongestPath) return "is too long for a path";
  if (path.find('\0') != std::string_view::npos) return "holds a NUL byte";
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    if (name == "..") return "leads out of the folder by `..`";
    if (name.empty() || name == ".") return "is not in its simplest form";
    if (name.size() > kLongestName) return "has a name that is too long";
    begin = end + 1;
  }
  return {};
}

}  // namespace

Result<> check_paths(const Tree& tree) {
  std::unordered_map<std::string_view, TreeEntry::Kind> kinds;
  kinds.reserve(tree.size());
  for (const TreeEntry& entry : tree) {
    if (const std::string fault = fault_of_path(entry.path); !fault.empty()) return refuse(entry.path, fault);
    if (!kinds.emplace(entry.path, entry.kind).second) return refuse(entry.path, "is there twice");
    const bool link = entry.kind == TreeEntry::Kind::link;
    if (link &&
        (entry.target.empty() || entry.target.size() > kLongestPath || entry.target.find('\0') != std::string::npos)) {
      return refuse(entry.path, "is a link without a proper target");
    }
  }
  for (const TreeEntry& entry : tree) {
    const std::string_view path = entry.path;
    for (size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
      const auto above = kinds.find(path.substr(0, slash));
      if (above == kinds.end() || above->second == TreeEntry::Kind::folder) continue;
      return refuse(path, above->second == TreeEntry::Kind::link ? "lies below a link" : "lies below a file");
    }
  }
  return success();
}

bool link_stays_inside(std::string_view path, std::string_view target, const LinkRule& rule) {
  if (rule.anywhere) return true;
  size_t depth = 0;  // of the folder that the link lies in
  for (const char letter : path) depth += letter == '/' ? 1 : 0;
  if (target.starts_with('/')) {
    if (rule.inside.empty() || !target.starts_with(rule.inside)) return false;
    target.remove_prefix(rule.inside.size());
    if (!target.empty() && target.front() != '/') return false;
    depth = 0;
  }
  bool named = false;
  for (size_t begin = 0; begin < target.size();) {
    const size_t end = std::min(target.find('/', begin), target.size());
    const std::string_view name = target.substr(begin, end - begin);
    if (name == "..") {
      if (named || depth == 0) return false;
      --depth;
    } else if (!name.empty() && name != ".") {
      named = true;
    }
    begin = end + 1;
  }
  return true;
}

Result<> check_links(const Tree& tree, const LinkRule& rule) {
  for (const TreeEntry& entry : tree) {
    if (entry.kind == TreeEntry::Kind::link && !link_stays_inside(entry.path, entry.target, rule)) {
      return refuse(entry.path, "is a link that leads out of the folder, to `" + printable(entry.target) + "`");
    }
  }
  return success();
}

}  // namespace penstock
