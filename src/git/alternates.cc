// Repository::alternates: the object folders that a repository borrows from.
#include <set>

#include "git/repository.h"
#include "os/files.h"

namespace penstock::git {
namespace {

namespace fs = std::filesystem;

/// A line may be written as a C string: `"/with \"quotes\""`.
std::string unquote(std::string_view line) {
  if (line.size() < 2 || line.front() != '"' || line.back() != '"') return std::string(line);
  line = line.substr(1, line.size() - 2);
  std::string plain;
  for (size_t at = 0; at < line.size(); ++at) {
    if (line[at] != '\\' || at + 1 == line.size()) {
      plain += line[at];
    } else if (const char next = line[++at]; next >= '0' && next <= '3' && at + 2 < line.size()) {
      plain += static_cast<char>((next - '0') * 64 + (line[at + 1] - '0') * 8 + (line[at + 2] - '0'));
      at += 2;
    } else {
      plain += next == 'n' ? '\n' : next == 't' ? '\t' : next;
    }
  }
  return plain;
}

Result<> follow(const fs::path& objects, int depth, std::set<fs::path>& seen, std::vector<fs::path>& found) {
  // Git's own limit.
  if (depth > 5) return success();
  PENSTOCK_TRY(const auto content, os::read_file_if_exists(objects / "info/alternates", size_t{1} << 20));
  for (std::string_view rest = content ? *content : std::string_view(); !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.starts_with('#')) continue;
    std::error_code problem;
    const fs::path borrowed = fs::canonical(objects / unquote(line), problem);
    if (problem || !seen.insert(borrowed).second) continue;
    found.push_back(borrowed);
    PENSTOCK_CHECK(follow(borrowed, depth + 1, seen, found));
  }
  return success();
}

}  // namespace

Result<std::vector<fs::path>> Repository::alternates() const {
  const fs::path own = common_folder() / "objects";
  std::set<fs::path> seen{own};
  std::vector<fs::path> found;
  PENSTOCK_CHECK(follow(own, 0, seen, found));
  return found;
}

}  // namespace penstock::git
