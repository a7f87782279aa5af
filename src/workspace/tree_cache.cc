#include "workspace/tree_cache.h"

#include <charconv>
#include <optional>

namespace penstock::workspace {
namespace {

/// A node is `NAME NUL COUNT SP SUBTREES LF [ID]` followed by its subtrees; a COUNT below 0 has no id.
class Rewriter {
 public:
  Rewriter(std::string_view rest, size_t id_bytes, const std::set<std::string>& changed,
           const std::set<std::string>& gone)
      : rest_(rest), id_bytes_(id_bytes), changed_(changed), gone_(gone) {}

  std::string rewrite() {
    std::string output;
    if (!node("", 0, output) || !rest_.empty()) return {};
    return output;
  }

 private:
  /// Reads one node with all below it and appends what is left of it. False where the text is damaged.
  bool node(const std::string& parent, int depth, std::string& output) {
    constexpr int kDeepest = 2048;
    const size_t end = rest_.find('\0');
    if (end == std::string_view::npos || depth > kDeepest) return false;
    const std::string name(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    const std::optional<long> count = number(' ');
    const std::optional<long> subtrees = number('\n');
    if (!count || !subtrees || *subtrees < 0 || (*count >= 0 && rest_.size() < id_bytes_)) return false;
    const std::string_view id = rest_.substr(0, *count >= 0 ? id_bytes_ : 0);
    rest_.remove_prefix(id.size());

    const std::string path = parent.empty() ? name : parent + "/" + name;
    std::string below;
    long kept = 0;
    for (long index = 0; index < *subtrees; ++index) {
      const size_t before = below.size();
      if (!node(path, depth + 1, below)) return false;
      if (below.size() > before) ++kept;
    }
    if (gone_.count(path) != 0) return true;
    const bool unknown = *count < 0 || changed_.count(path) != 0;
    output.append(name).push_back('\0');
    output += std::to_string(unknown ? -1 : *count) + " " + std::to_string(kept) + "\n";
    if (!unknown) output += id;
    output += below;
    return true;
  }

  std::optional<long> number(char terminator) {
    long value = 0;
    auto [after, problem] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    const auto length = static_cast<size_t>(after - rest_.data());
    if (problem != std::errc() || length >= rest_.size() || *after != terminator) return std::nullopt;
    rest_.remove_prefix(length + 1);
    return value;
  }

  std::string_view rest_;
  size_t id_bytes_;
  const std::set<std::string>& changed_;
  const std::set<std::string>& gone_;
};

}  // namespace

std::string invalidate_tree_cache(std::string_view cache, size_t id_bytes, const std::set<std::string>& changed,
                                  const std::set<std::string>& gone) {
  if (cache.empty()) return {};
  return Rewriter(cache, id_bytes, changed, gone).rewrite();
}

}  // namespace penstock::workspace
