#include "intake/sources.h"

#include <algorithm>

#include "includes/outside_files.h"
#include "os/files.h"
#include "os/machine.h"

namespace penstock {
namespace {

constexpr size_t kLargestSource = 16U << 20;
constexpr size_t kLargeSource = 64U << 10;
constexpr size_t kGrowth = 64;  // what a source compiles to takes about so many times its length

std::vector<std::string> split_at_nul(std::string_view text) {
  std::vector<std::string> parts;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\0', at), text.size());
    if (end > at) parts.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

}  // namespace

Result<std::optional<std::string>> RepositorySources::read(std::string_view path) {
  const auto known = files_.find(path);
  if (known != files_.end()) return known->second;
  PENSTOCK_TRY(std::optional<std::string> text, read_anew(path));
  if (text && text->size() > kLargeSource) os::expect_large_heap(kGrowth * text->size());
  return files_.emplace(path, std::move(text)).first->second;
}

Result<std::optional<std::string>> RepositorySources::read_anew(std::string_view path) const {
  if (!worktree_) return repository_.read_file(commit_, path);
  std::filesystem::path file = repository_.top_level() / path;
  std::error_code missing;
  if (!std::filesystem::is_regular_file(file, missing)) return std::optional<std::string>();
  return os::read_file_if_exists(file, kLargestSource);
}

const std::vector<std::string>& RepositorySources::paths() {
  if (paths_) return *paths_;
  paths_.emplace();
  if (!worktree_) {
    if (Result<std::vector<std::string>> files = repository_.files(commit_)) paths_ = std::move(*files);
  } else if (Result<std::string> listed =
                 repository_.run({"ls-files", "-z", "--cached", "--others", "--exclude-standard"})) {
    paths_ = split_at_nul(*listed);
  }
  std::sort(paths_->begin(), paths_->end());
  return *paths_;
}

Result<FoundProject> RepositorySources::project(const OutsideProject& wanted) {
  return outside_ == nullptr ? SourceReader::project(wanted) : outside_->project(wanted);
}

Result<std::string> RepositorySources::remote(const std::string& url, const std::optional<Digest>& digest) {
  return outside_ == nullptr ? SourceReader::remote(url, digest) : outside_->remote(url, digest);
}

Result<std::string> RepositorySources::template_text(const std::string& name) {
  return outside_ == nullptr ? SourceReader::template_text(name) : outside_->template_text(name);
}

Result<std::optional<std::string>> RepositorySources::upstream() const {
  if (circumstances_.branch.empty()) return std::optional<std::string>();
  PENSTOCK_TRY(std::optional<std::string> remote,
               repository_.config_value("branch." + circumstances_.branch + ".remote"));
  PENSTOCK_TRY(std::optional<std::string> merge,
               repository_.config_value("branch." + circumstances_.branch + ".merge"));
  constexpr std::string_view kHeads = "refs/heads/";
  if (!remote || !merge || !merge->starts_with(kHeads)) return std::optional<std::string>();
  std::string ref = *remote == "." ? *merge : "refs/remotes/" + *remote + "/" + merge->substr(kHeads.size());
  Result<std::string> commit = repository_.resolve(ref);
  return commit.ok() ? std::optional<std::string>(std::move(*commit)) : std::optional<std::string>();
}

std::optional<std::string> RepositorySources::tip_of(const std::string& branch) const {
  Result<std::string> commit = repository_.resolve("refs/remotes/origin/" + branch);
  if (!commit.ok()) commit = repository_.resolve("refs/heads/" + branch);
  return commit.ok() ? std::optional<std::string>(std::move(*commit)) : std::nullopt;
}

Result<std::optional<std::string>> RepositorySources::base() const {
  std::optional<std::string> other;
  if (circumstances_.is_merge_request()) {
    other = tip_of(circumstances_.target_branch);
  } else {
    PENSTOCK_TRY(other, upstream());
    PENSTOCK_TRY(const std::optional<std::string> standard, repository_.default_branch());
    if (!other && standard && *standard != circumstances_.branch) other = tip_of(*standard);
  }
  if (other) {
    PENSTOCK_TRY(std::optional<std::string> common, repository_.merge_base(*other, commit_));
    if (common && *common != commit_) return common;
  }
  PENSTOCK_TRY(git::Commit commit, repository_.commit(commit_));
  if (commit.parents.empty()) return std::optional<std::string>();
  return std::optional<std::string>(commit.parents.front());
}

Result<std::optional<std::vector<std::string>>> RepositorySources::changed_files(std::string_view compare_to) {
  if (circumstances_.changed) return circumstances_.changed;
  std::optional<std::string> from;
  if (compare_to.empty()) {
    if (circumstances_.is_comparable()) {
      PENSTOCK_TRY(from, base());
    }
  } else {
    Result<std::string> named = repository_.resolve(compare_to);
    if (!named.ok()) named = repository_.resolve("refs/remotes/origin/" + std::string(compare_to));
    if (!named.ok())
      return Error{Fault::user, "there is no ref `" + std::string(compare_to) + "` here",
                   "fetch it, or name another one"};
    PENSTOCK_TRY(from, repository_.merge_base(*named, commit_));
    if (!from) from = std::move(*named);
  }
  std::optional<std::vector<std::string>> changed;
  if (!from) return changed;
  PENSTOCK_TRY(changed, repository_.changed_files(*from, commit_));
  if (worktree_) {
    PENSTOCK_TRY(git::WorkTreeStatus status, repository_.status());
    changed->insert(changed->end(), status.changed.begin(), status.changed.end());
    changed->insert(changed->end(), status.untracked.begin(), status.untracked.end());
  }
  std::sort(changed->begin(), changed->end());
  changed->erase(std::unique(changed->begin(), changed->end()), changed->end());
  return changed;
}

Result<std::vector<std::string>> RepositorySources::names_in(const std::string& folder) const {
  std::vector<std::string> names;
  if (worktree_) {
    std::error_code missing;
    if (!std::filesystem::is_directory(repository_.top_level() / folder, missing)) return names;
    PENSTOCK_TRY(std::vector<os::FolderEntry> entries, os::list_folder(repository_.top_level() / folder));
    for (os::FolderEntry& entry : entries) {
      if (entry.type == os::FileType::regular) names.push_back(std::move(entry.name));
    }
    return names;
  }
  PENSTOCK_TRY(std::vector<std::string> paths, repository_.files(commit_, folder));
  for (const std::string& path : paths) {
    std::string name = path.starts_with(folder + "/") ? path.substr(folder.size() + 1) : path;
    if (name.find('/') == std::string::npos) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace penstock
