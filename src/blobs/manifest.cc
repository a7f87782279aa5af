#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "blobs/tree.h"

namespace penstock {
namespace {

constexpr std::string_view kHeader = "penstock-tree 1\n";

/// Takes one field after the other off the front of the text; `ok` falls once and for all.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  std::string_view until(char end) {
    const size_t at = rest_.find(end);
    if (at == std::string_view::npos) ok_ = false;
    if (!ok_) return {};
    const std::string_view field = rest_.substr(0, at);
    rest_.remove_prefix(at + 1);
    return field;
  }

  template <class Number>
  void number(Number& value, int base) {
    const std::string_view field = until(' ');
    const auto [stop, error] = std::from_chars(field.data(), field.data() + field.size(), value, base);
    if (error != std::errc() || stop != field.data() + field.size()) ok_ = false;
  }

  void mode(uint32_t& value) {
    number(value, 8);
    if (value > 0777) ok_ = false;
  }

  void digest(Digest& value) {
    const auto found = digest_from_hex(until(' '));
    if (found) value = *found;
    if (!found) ok_ = false;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

bool read_entry(Fields& fields, TreeEntry& entry) {
  const std::string_view kind = fields.until(' ');
  if (kind == "f") {
    entry.kind = TreeEntry::Kind::file;
    fields.mode(entry.mode);
    fields.number(entry.size, 10);
    fields.number(entry.modified, 10);
    fields.digest(entry.content);
  } else if (kind == "l") {
    entry.kind = TreeEntry::Kind::link;
    entry.mode = 0777;
    fields.number(entry.modified, 10);
  } else if (kind == "d") {
    entry.kind = TreeEntry::Kind::folder;
    fields.mode(entry.mode);
    fields.number(entry.modified, 10);
  } else {
    return false;
  }
  entry.path = fields.until('\0');
  if (entry.kind == TreeEntry::Kind::link) entry.target = fields.until('\0');
  return fields.ok();
}

std::string octal(uint32_t mode) {
  char text[8];
  return {text, std::to_chars(text, text + sizeof text, mode & 0777, 8).ptr};
}

}  // namespace

std::string to_manifest(Tree tree) {
  std::sort(tree.begin(), tree.end(), [](const TreeEntry& a, const TreeEntry& b) { return a.path < b.path; });
  std::string text(kHeader);
  text.reserve(tree.size() * 128);
  for (const TreeEntry& entry : tree) {
    switch (entry.kind) {
      case TreeEntry::Kind::file:
        text +=
            "f " + octal(entry.mode) + ' ' + std::to_string(entry.size) + ' ' + std::to_string(entry.modified) + ' ';
        text += to_hex(entry.content) + ' ';
        break;
      case TreeEntry::Kind::link:
        text += "l " + std::to_string(entry.modified) + ' ';
        break;
      case TreeEntry::Kind::folder:
        text += "d " + octal(entry.mode) + ' ' + std::to_string(entry.modified) + ' ';
        break;
    }
    text.append(entry.path).push_back('\0');
    if (entry.kind == TreeEntry::Kind::link) text.append(entry.target).push_back('\0');
  }
  return text;
}

Result<Tree> parse_manifest(std::string_view text) {
  if (!text.starts_with(kHeader)) return Error{Fault::machine, "this is not a list of kept files", ""};
  Fields fields(text.substr(kHeader.size()));
  Tree tree;
  while (!fields.at_end()) {
    if (!read_entry(fields, tree.emplace_back())) {
      return Error{Fault::machine, "the list of kept files is damaged at its entry " + std::to_string(tree.size()), ""};
    }
  }
  PENSTOCK_CHECK(check_paths(tree));
  return tree;
}

}  // namespace penstock
