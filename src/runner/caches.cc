#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <unordered_map>
#include <utility>

#include "base/digest.h"
#include "blobs/tree.h"
#include "runner/collect.h"
#include "runner/job_context.h"
#include "runner/room_files.h"

namespace penstock {
namespace {

/// Entries. A smaller tree is written before another room is furnished.
constexpr size_t kWorthALayer = 100;
constexpr uint64_t kLargestKeyFile = uint64_t{256} << 20;

/// `cache: key: files`: the prefix and a digest of what the files hold; `default` where there is none of them, as
/// GitLab has it.
std::string key_of_files(const JobContext& context, const Cache& cache) {
  Sha256 hash;
  bool any = false;
  for (const std::string& name : cache.key_files) {
    const auto content = read_beneath(context.room.project_fd(), context.expanded(name), kLargestKeyFile);
    if (!content.ok()) continue;
    any = true;
    hash.update(to_hex(sha256(*content)));
  }
  const std::string digest = any ? to_hex(hash.finish()).substr(0, 40) : "default";
  const std::string prefix = context.expanded(cache.key_prefix);
  return prefix.empty() ? digest : prefix + "-" + digest;
}

std::string key_of(const JobContext& context, const Cache& cache) {
  std::string key = cache.key_files.empty() ? context.expanded(cache.key) : key_of_files(context, cache);
  return key.empty() ? "default" : key;
}

/// Whether no two of them have a file (or link) at the same place, or one where another has a folder.
bool lie_apart(const std::vector<const Tree*>& trees) {
  std::unordered_map<std::string_view, size_t> files;  // by path, whose it is
  for (size_t i = 0; trees.size() > 1 && i < trees.size(); ++i) {
    for (const TreeEntry& entry : *trees[i]) {
      if (entry.kind != TreeEntry::Kind::folder && !files.emplace(entry.path, i).second) return false;
    }
  }
  const auto is_anothers = [&files](std::string_view path, size_t i) {
    const auto file = files.find(path);
    return file != files.end() && file->second != i;
  };
  for (size_t i = 0; trees.size() > 1 && i < trees.size(); ++i) {
    for (const TreeEntry& entry : *trees[i]) {
      const std::string_view path = entry.path;
      if (is_anothers(path, i)) return false;
      for (size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
        if (is_anothers(path.substr(0, slash), i)) return false;
      }
    }
  }
  return true;
}

/// Whether what lies in the project where the tree has something is of the same kind, and no link is on the way: a
/// restore writes through links to folders, and a layer would hide them. (What git has there isn't restored over.)
bool fits_over(int project, const Tree& tree) {
  std::unordered_map<std::string_view, bool> folders;  // whether the project has it
  const auto lies_in_project = [&](std::string_view path, TreeEntry::Kind kind, bool& fits) {
    struct stat status {};
    if (::fstatat(project, std::string(path).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      fits = fits && errno == ENOENT;
      return false;
    }
    fits = fits && (kind == TreeEntry::Kind::folder ? S_ISDIR(status.st_mode) : !S_ISDIR(status.st_mode));
    return true;
  };
  bool fits = true;
  for (const TreeEntry& entry : tree) {
    const std::string_view path = entry.path;
    if (path == ".git" || path.starts_with(".git/")) return false;
    bool there = true;
    for (size_t slash = path.find('/'); slash != std::string_view::npos && there; slash = path.find('/', slash + 1)) {
      const auto [known, added] = folders.try_emplace(path.substr(0, slash), false);
      if (added) known->second = lies_in_project(known->first, TreeEntry::Kind::folder, fits);
      there = known->second;
    }
    if (there) lies_in_project(path, entry.kind, fits);
    if (!fits) return false;
  }
  return true;
}

std::string counted(size_t files) { return std::to_string(files) + (files == 1 ? " file" : " files"); }

size_t count_files(const Tree& tree) {
  return static_cast<size_t>(std::count_if(
      tree.begin(), tree.end(), [](const TreeEntry& entry) { return entry.kind != TreeEntry::Kind::folder; }));
}

void find_cache(JobContext& context, CacheUse& use) {
  std::vector<std::string> keys{use.key};
  keys.insert(keys.end(), use.fallback_keys.begin(), use.fallback_keys.end());
  const auto found = context.source.find_cache(keys);
  if (!found.ok()) return context.note("cache `" + use.key + "` can't be looked up: " + found.error().message);
  if (!*found) return context.log.line("cache `" + use.key + "`: nothing kept yet");
  auto tree = get_tree(context.blobs, **found);
  if (!tree.ok()) return context.note("cache `" + use.key + "` can't be restored: " + tree.error().message);
  use.found = **found;
  use.tree = std::make_shared<const Tree>(std::move(tree).value());
}

void restore_cache(JobContext& context, const CacheUse& use) {
  // A cache holds what this project's jobs left, virtual environments with links to the machine's interpreter among it.
  const auto restored =
      use.beneath ? success() : restore_files(context.blobs, context.room.project_fd(), *use.tree, LinkRule{true, ""});
  if (!restored.ok()) return context.note("cache `" + use.key + "` can't be restored: " + restored.error().message);
  context.log.line("cache `" + use.key + "`: restored " + counted(count_files(*use.tree)));
}

/// The entries of what a room stands on that its job hasn't touched.
KnownEntries untouched_entries(JobContext& context, const CacheUse& use) {
  // Where a cleaning has dropped the cache meanwhile, its files must be kept anew.
  if (!use.beneath || !context.blobs.has(*use.found)) return {};
  std::unordered_map<std::string_view, const TreeEntry*> entries;
  entries.reserve(use.tree->size());
  for (const TreeEntry& entry : *use.tree) entries.emplace(entry.path, &entry);
  return [&room = context.room, entries = std::move(entries)](const std::string& path) -> const TreeEntry* {
    const auto found = entries.find(path);
    return found != entries.end() && room.is_untouched(path) ? found->second : nullptr;
  };
}

Result<> keep_cache(JobContext& context, const CacheUse& use) {
  Collector collector(context.room.project_fd(), context.room.project_folder(), LinkRule{true, ""});
  for (const std::string& path : use.cache->paths) {
    const std::string pattern = context.expanded(path);
    const auto found = collector.add(pattern);
    if (!found.ok()) {
      context.note("cache `" + use.key + "`: " + found.error().message);
    } else if (*found == 0) {
      context.log.line("WARNING: cache `" + use.key + "`: " + pattern + ": no matching files");
    }
  }
  if (use.cache->untracked) collector.add_listed(untracked_files(context));
  for (const std::string& note : collector.notes()) context.log.line("WARNING: cache `" + use.key + "`: " + note);
  if (collector.paths().empty()) return success();
  PENSTOCK_TRY(const Tree tree,
               keep_files(context.blobs, context.room.project_fd(),
                          {collector.paths().begin(), collector.paths().end()}, untouched_entries(context, use)));
  const std::string files = counted(count_files(tree));
  if (use.beneath && tree == *use.tree) {
    PENSTOCK_CHECK(context.sink.keep_cache(use.key, *use.found));
    context.log.line("cache `" + use.key + "`: unchanged, " + files);
    return success();
  }
  PENSTOCK_TRY(const Digest digest, put_tree(context.blobs, tree));
  PENSTOCK_CHECK(context.sink.keep_cache(use.key, digest));
  context.log.line("cache `" + use.key + "`: kept " + files);
  if (use.beneath) context.executor.expect(digest, tree, *use.found, *use.tree);
  return success();
}

}  // namespace

std::vector<CacheUse> plan_caches(JobContext& context) {
  std::vector<CacheUse> uses;
  for (const Cache& cache : context.spec.caches) {
    if (cache.paths.empty() && !cache.untracked) continue;
    CacheUse use;
    use.cache = &cache;
    use.key = key_of(context, cache);
    for (const std::string& key : cache.fallback_keys) {
      if (std::string expanded = context.expanded(key); !expanded.empty())
        use.fallback_keys.push_back(std::move(expanded));
    }
    const std::string_view last = context.value_of("CACHE_FALLBACK_KEY");
    if (!last.empty()) use.fallback_keys.emplace_back(last);
    const std::string policy = context.expanded(cache.policy);
    if (policy != "pull-push" && policy != "pull" && policy != "push") {
      context.note("cache `" + use.key + "` is not used: its policy is `" + policy + "`, not pull, push or pull-push");
      continue;
    }
    use.pull = policy != "push";
    use.push = policy != "pull";
    uses.push_back(std::move(use));
  }
  return uses;
}

void find_caches(JobContext& context, std::vector<CacheUse>& caches) {
  for (CacheUse& use : caches) {
    if (use.pull) find_cache(context, use);
  }
}

std::vector<Digest> choose_layers(JobContext& context, std::vector<CacheUse>& caches) {
  std::vector<Digest> trees;
  std::vector<const Tree*> all;
  for (const CacheUse& use : caches) {
    if (use.tree) all.push_back(use.tree.get());
  }
  if (!lie_apart(all)) return trees;
  for (CacheUse& use : caches) {
    use.beneath = use.tree && use.tree->size() >= kWorthALayer && fits_over(context.room.project_fd(), *use.tree);
    if (use.beneath) trees.push_back(*use.found);
  }
  return trees;
}

void restore_caches(JobContext& context, const std::vector<CacheUse>& caches) {
  for (const CacheUse& use : caches) {
    if (use.tree) restore_cache(context, use);
  }
}

void keep_caches(JobContext& context, const std::vector<CacheUse>& caches, bool passed) {
  for (const CacheUse& use : caches) {
    const KeepWhen when = use.cache->when;
    if (!use.push || (when == KeepWhen::on_success && !passed) || (when == KeepWhen::on_failure && passed)) continue;
    const auto kept = keep_cache(context, use);
    if (!kept.ok()) context.note("cache `" + use.key + "` can't be kept: " + kept.error().message);
  }
}

}  // namespace penstock
