#include <algorithm>

#include "base/digest.h"
#include "blobs/tree.h"
#include "runner/collect.h"
#include "runner/job_context.h"
#include "runner/room_files.h"

namespace penstock {
namespace {

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

std::string counted(size_t files) { return std::to_string(files) + (files == 1 ? " file" : " files"); }

size_t count_files(const Tree& tree) {
  return static_cast<size_t>(std::count_if(
      tree.begin(), tree.end(), [](const TreeEntry& entry) { return entry.kind != TreeEntry::Kind::folder; }));
}

Result<size_t> restore_tree(JobContext& context, const Digest& digest) {
  PENSTOCK_TRY(const Tree tree, get_tree(context.blobs, digest));
  // A cache holds what this project's jobs left, virtual environments with links to the machine's interpreter among it.
  PENSTOCK_CHECK(restore_files(context.blobs, context.room.project_fd(), tree, LinkRule{true, ""}));
  return count_files(tree);
}

void restore_cache(JobContext& context, const CacheUse& use) {
  std::vector<std::string> keys{use.key};
  keys.insert(keys.end(), use.fallback_keys.begin(), use.fallback_keys.end());
  const auto found = context.source.find_cache(keys);
  if (!found.ok()) return context.note("cache `" + use.key + "` can't be looked up: " + found.error().message);
  if (!*found) return context.log.line("cache `" + use.key + "`: nothing kept yet");
  const auto restored = restore_tree(context, **found);
  if (!restored.ok()) return context.note("cache `" + use.key + "` can't be restored: " + restored.error().message);
  context.log.line("cache `" + use.key + "`: restored " + counted(*restored));
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
  PENSTOCK_TRY(const Tree tree, keep_files(context.blobs, context.room.project_fd(),
                                           {collector.paths().begin(), collector.paths().end()}));
  PENSTOCK_TRY(const Digest digest, put_tree(context.blobs, tree));
  PENSTOCK_CHECK(context.sink.keep_cache(use.key, digest));
  context.log.line("cache `" + use.key + "`: kept " + counted(count_files(tree)));
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

void restore_caches(JobContext& context, const std::vector<CacheUse>& caches) {
  for (const CacheUse& use : caches) {
    if (use.pull) restore_cache(context, use);
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
