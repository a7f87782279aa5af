// What Repository tells about the files of commits and of the work tree.
#include <charconv>

#include "git/refs.h"
#include "git/repository.h"

namespace penstock::git {
namespace {

/// The next field of a text whose fields end in NUL.
std::string_view take(std::string_view& rest) {
  const size_t end = std::min(rest.find('\0'), rest.size());
  std::string_view field = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return field;
}

std::string_view take_word(std::string_view& rest) {
  const size_t end = std::min(rest.find(' '), rest.size());
  std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

unsigned parse_mode(std::string_view text) {
  unsigned mode = 0;
  std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  return mode;
}

std::vector<std::string> ls_tree(const std::string& id, std::string_view below, bool names_only) {
  std::vector<std::string> arguments{"ls-tree", "-r", "-z", "--full-tree"};
  if (names_only) arguments.emplace_back("--name-only");
  arguments.insert(arguments.end(), {id, "--"});
  if (!below.empty()) arguments.push_back(std::string(below) + (below.ends_with('/') ? "" : "/"));
  return arguments;
}

/// The tree without entries has no object in most repositories, but git knows its id.
const char* empty_tree(size_t id_length) {
  return id_length == 64 ? "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
                         : "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
}

}  // namespace

Result<std::vector<std::string>> Repository::files(std::string_view revision, std::string_view below) const {
  PENSTOCK_TRY(const std::string id, resolve(revision));
  PENSTOCK_TRY(const std::string listed, run(ls_tree(id, below, true)));
  std::vector<std::string> names;
  for (std::string_view rest = listed; !rest.empty();) names.emplace_back(take(rest));
  return names;
}

Result<std::vector<TreeEntry>> Repository::entries(std::string_view revision, std::string_view below) const {
  PENSTOCK_TRY(const std::string id, resolve(revision));
  PENSTOCK_TRY(const std::string listed, run(ls_tree(id, below, false)));
  std::vector<TreeEntry> entries;
  for (std::string_view rest = listed; !rest.empty();) {
    // MODE SP TYPE SP ID TAB PATH
    std::string_view field = take(rest);
    TreeEntry entry;
    entry.mode = parse_mode(take_word(field));
    take_word(field);
    const size_t tab = field.find('\t');
    if (tab == std::string_view::npos) return Error{Fault::internal, "`git ls-tree` printed something unknown", ""};
    entry.id = field.substr(0, tab);
    entry.path = field.substr(tab + 1);
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<std::vector<Change>> Repository::changes(std::string_view old_revision, std::string_view new_revision) const {
  // A full id needs no question: `diff-tree` says where it isn't there.
  auto id_of = [this](std::string_view revision) -> Result<std::string> {
    if (is_object_id(revision)) return std::string(revision);
    return resolve(revision);
  };
  PENSTOCK_TRY(const std::string new_id, id_of(new_revision));
  std::string old_id = empty_tree(new_id.size());
  if (!old_revision.empty()) {
    PENSTOCK_TRY(old_id, id_of(old_revision));
  }
  PENSTOCK_TRY(const std::string listed, run({"diff-tree", "-r", "-t", "-z", "--raw", "--no-renames", "--no-ext-diff",
                                              "--full-index", old_id, new_id, "--"}));
  std::vector<Change> changes;
  for (std::string_view rest = listed; !rest.empty();) {
    // :OLDMODE SP NEWMODE SP OLDID SP NEWID SP LETTER NUL PATH NUL
    std::string_view field = take(rest);
    if (!field.starts_with(':')) return Error{Fault::internal, "`git diff-tree` printed something unknown", ""};
    field.remove_prefix(1);
    Change change;
    change.old_mode = parse_mode(take_word(field));
    change.new_mode = parse_mode(take_word(field));
    change.old_id = take_word(field);
    change.new_id = take_word(field);
    change.path = take(rest);
    changes.push_back(std::move(change));
  }
  return changes;
}

Result<std::vector<std::string>> Repository::changed_files(std::string_view old_revision,
                                                           std::string_view new_revision) const {
  PENSTOCK_TRY(std::vector<Change> all, changes(old_revision, new_revision));
  std::vector<std::string> paths;
  for (Change& change : all) {
    constexpr unsigned kFolder = 040000;
    const bool folder =
        (change.old_mode == 0 || change.old_mode == kFolder) && (change.new_mode == 0 || change.new_mode == kFolder);
    // A file that becomes a folder is listed twice by the same name.
    if (!folder && (paths.empty() || paths.back() != change.path)) paths.push_back(std::move(change.path));
  }
  return paths;
}

Result<WorkTreeStatus> Repository::status() const {
  PENSTOCK_TRY(const std::string listed, run({"status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames",
                                              "--ignore-submodules=dirty"}));
  WorkTreeStatus status;
  for (std::string_view rest = listed; !rest.empty();) {
    // XY SP PATH NUL: X is the index against HEAD, Y the work tree against the index.
    const std::string_view field = take(rest);
    if (field.size() < 4) return Error{Fault::internal, "`git status` printed something unknown", ""};
    std::string path(field.substr(3));
    if (field.starts_with("??")) {
      status.untracked.push_back(std::move(path));
      continue;
    }
    if (field[0] != ' ') status.staged.push_back(path);
    status.changed.push_back(std::move(path));
  }
  return status;
}

Result<bool> Repository::dirty() const {
  PENSTOCK_TRY(const std::string listed, run({"status", "--porcelain=v1", "-z", "--untracked-files=normal",
                                              "--no-renames", "--ignore-submodules=dirty"}));
  return !listed.empty();
}

Result<std::vector<std::string>> Repository::tags_at(std::string_view revision) const {
  PENSTOCK_TRY(const std::string id, resolve(revision));
  PENSTOCK_TRY(const std::string listed,
               run({"for-each-ref", "--format=%(refname:lstrip=2)", "--points-at=" + id, "refs/tags/"}));
  std::vector<std::string> tags;
  for (std::string_view rest = listed; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    tags.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return tags;
}

}  // namespace penstock::git
