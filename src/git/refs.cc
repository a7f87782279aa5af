#include "git/refs.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>

#include "os/files.h"

namespace penstock::git {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSymbolic = "ref: ";

std::optional<std::string> read_line(const fs::path& path) {
  auto content = os::read_file_if_exists(path, 65536);
  if (!content.ok() || !content->has_value()) return std::nullopt;
  std::string line = std::move(**content);
  while (!line.empty() && std::string_view(" \t\r\n").find(line.back()) != std::string_view::npos) line.pop_back();
  return line;
}

/// A file's bytes without copying them.
class Mapped {
 public:
  explicit Mapped(const fs::path& path) {
    os::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0 || status.st_size == 0) return;
    void* start = ::mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (start != MAP_FAILED) text_ = {static_cast<const char*>(start), static_cast<size_t>(status.st_size)};
  }
  ~Mapped() {
    if (!text_.empty()) ::munmap(const_cast<char*>(text_.data()), text_.size());
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

std::string_view take_line(std::string_view& rest) {
  const size_t end = std::min(rest.find('\n'), rest.size());
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

/// `ID SP NAME`; an empty name for comments and the peeled lines of tags.
std::pair<std::string_view, std::string_view> split(std::string_view line) {
  const size_t space = line.find(' ');
  if (space == std::string_view::npos || !is_object_id(line.substr(0, space))) return {};
  return {line.substr(0, space), line.substr(space + 1)};
}

std::optional<std::string> find_packed(std::string_view text, std::string_view name) {
  const std::string_view header = text.substr(0, text.find('\n'));
  if (!header.starts_with("# pack-refs with:") || header.find(" sorted") == std::string_view::npos) {
    while (!text.empty()) {
      auto [id, found] = split(take_line(text));
      if (!id.empty() && found == name) return std::string(id);
    }
    return std::nullopt;
  }
  // Sorted by name: halve the text until a line is found. `start` is always a line's start.
  size_t low = std::min(header.size() + 1, text.size());
  size_t high = text.size();
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    while (middle > low && text[middle - 1] != '\n') --middle;
    std::string_view rest = text.substr(middle, high - middle);
    std::string_view line = take_line(rest);
    while (line.starts_with('^') && !rest.empty()) line = take_line(rest);
    auto [id, found] = split(line);
    if (id.empty() || found > name) {
      high = middle;
    } else if (found == name) {
      return std::string(id);
    } else {
      low = high - rest.size();
    }
  }
  return std::nullopt;
}

bool is_safe_name(std::string_view name) {
  return name.starts_with("refs/") && name.find("..") == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

void read_packed(std::string_view text, std::map<std::string, PackedRef>& refs) {
  PackedRef* last = nullptr;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.starts_with('^') && last != nullptr && is_object_id(line.substr(1))) {
      last->peeled = line.substr(1);
    } else if (auto [id, name] = split(line); !id.empty()) {
      last = &refs.insert_or_assign(std::string(name), PackedRef{std::string(id), {}}).first->second;
    }
  }
}

Result<> read_loose(const fs::path& folder, const std::string& prefix, std::map<std::string, PackedRef>& refs) {
  PENSTOCK_TRY(const auto entries, os::list_folder(folder));
  for (const os::FolderEntry& entry : entries) {
    const std::string name = prefix + entry.name;
    if (entry.type == os::FileType::folder) {
      PENSTOCK_CHECK(read_loose(folder / entry.name, name + "/", refs));
      continue;
    }
    if (name.ends_with(".lock")) continue;
    auto value = read_line(folder / entry.name);
    if (value && (is_object_id(*value) || value->starts_with(kSymbolic))) refs[name] = PackedRef{*value, {}};
  }
  return success();
}

}  // namespace

bool is_object_id(std::string_view text) {
  if (text.size() != 40 && text.size() != 64) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::optional<std::string> read_ref(const Location& location, const std::string& name) {
  if (!is_safe_name(name)) return std::nullopt;
  const bool own =
      name.starts_with("refs/bisect/") || name.starts_with("refs/worktree/") || name.starts_with("refs/rewritten/");
  if (auto loose = read_line((own ? location.git_folder : location.common_folder) / name)) {
    if (is_object_id(*loose)) return loose;
    return std::nullopt;
  }
  return find_packed(Mapped(location.common_folder / "packed-refs").text(), name);
}

std::optional<Head> read_head(const Location& location) {
  auto line = read_line(location.git_folder / "HEAD");
  if (!line) return std::nullopt;
  if (is_object_id(*line)) return Head{"", *line};
  if (!line->starts_with(kSymbolic)) return std::nullopt;
  Head head;
  head.ref = line->substr(kSymbolic.size());
  // Reftable leaves this name, which no ref can have, for readers of files.
  if (head.ref == "refs/heads/.invalid" || !is_safe_name(head.ref)) return std::nullopt;
  if (auto id = read_ref(location, head.ref)) head.commit = *id;
  return head;
}

Result<std::optional<std::map<std::string, PackedRef>>> read_all_refs(const Location& location) {
  std::map<std::string, PackedRef> refs;
  auto head = read_line(location.git_folder / "HEAD");
  if (!head || *head == "ref: refs/heads/.invalid") return std::optional<std::map<std::string, PackedRef>>();
  // Packed first: a loose ref of the same name is newer.
  PENSTOCK_TRY(const auto packed, os::read_file_if_exists(location.common_folder / "packed-refs"));
  if (packed) read_packed(*packed, refs);
  PENSTOCK_CHECK(read_loose(location.common_folder / "refs", "refs/", refs));
  return std::optional(std::move(refs));
}

}  // namespace penstock::git
