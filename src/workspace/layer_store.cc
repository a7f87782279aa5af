#include "workspace/layer_store.h"

#include <algorithm>
#include <set>

#include "base/digest.h"
#include "git/repository.h"
#include "os/files.h"
#include "workspace/checkout.h"
#include "workspace/job_config.h"
#include "workspace/job_git.h"
#include "workspace/shelf.h"
#include "workspace/submodules.h"

namespace penstock::workspace {
namespace {

namespace fs = std::filesystem;

/// Thin layers on one whole checkout before the next one is made against that checkout again.
constexpr size_t kDeepest = 8;
/// A change of so many paths is worth looking for an earlier commit that is nearer.
constexpr size_t kManyChanges = 2000;
constexpr size_t kCandidates = 4;

std::string short_digest(std::string_view text) { return to_hex(sha256(text)).substr(0, 12); }

/// `COMMIT-FAMILY`: layers of another family were written under other checkout settings.
std::string layer_id(const std::string& commit, const std::string& family) { return commit + "-" + family; }
std::string commit_of(const std::string& id) { return id.substr(0, id.find('-')); }
bool is_commit_layer(const std::string& id) { return id.find('-') == 40 || id.find('-') == 64; }

Result<std::string> family_of(const git::Repository& repository) {
  PENSTOCK_TRY(const std::vector<git::ConfigEntry> config, repository.config());
  std::string text = checkout_config(config);
  PENSTOCK_TRY(const auto attributes, os::read_file_if_exists(repository.common_folder() / "info/attributes"));
  if (attributes) text += *attributes;
  return short_digest(text).substr(0, 8);
}

/// Where a new layer is to stand.
struct Ground {
  std::vector<HeldLayer> below;  ///< Nearest first; none for a whole checkout.
  std::vector<git::Change> changes;
};

/// One attempt to build layers for a commit; makers take turns, so `making` is held.
class Builder {
 public:
  Builder(const Shelf& shelf, const git::Repository& repository, const std::string& family)
      : shelf_(shelf), repository_(repository), family_(family) {}

  Result<std::vector<HeldLayer>> build(const std::string& commit) {
    PENSTOCK_TRY(Ground ground, find_ground(commit));
    std::vector<std::string> below;
    for (const HeldLayer& layer : ground.below) below.push_back(layer.id);
    auto fill = [&](const fs::path& tree) -> Result<> {
      if (below.empty()) return check_out_whole(repository_, commit, tree);
      return check_out_changes(repository_, ground.changes, index_of(below), tree);
    };
    PENSTOCK_TRY(HeldLayer top, shelf_.make(layer_id(commit, family_), below, fill));
    std::vector<HeldLayer> held;
    held.push_back(std::move(top));
    for (HeldLayer& layer : ground.below) held.push_back(std::move(layer));
    return held;
  }

 private:
  /// The newest index in a stack; a commit that changed nothing made none.
  [[nodiscard]] fs::path index_of(const std::vector<std::string>& stack) const {
    for (const std::string& id : stack) {
      const fs::path index = shelf_.tree(id) / ".git/index";
      if (os::path_exists(index)) return index;
    }
    return {};
  }

  Result<Ground> find_ground(const std::string& commit) {
    PENSTOCK_TRY(const std::vector<std::string> ids, shelf_.ids());
    Ground best;
    size_t looked_at = 0;
    for (const std::string& id : ids) {
      if (!is_commit_layer(id) || !id.ends_with("-" + family_)) continue;
      if (looked_at == kCandidates || (looked_at > 0 && best.changes.size() <= kManyChanges)) break;
      // After enough thin layers the whole checkout below them is the ground: that merges them.
      const std::vector<std::string> stack = shelf_.stack_of(id);
      const std::string& ground = stack.size() >= kDeepest ? stack.back() : id;
      PENSTOCK_TRY(auto held, shelf_.hold(ground));
      if (!held) continue;
      // The commit may have been pruned since.
      auto changes = repository_.changes(commit_of(ground), commit);
      if (!changes.ok()) continue;
      if (looked_at++ == 0 || changes->size() < best.changes.size()) best = {std::move(*held), std::move(*changes)};
    }
    if (!best.below.empty() && !is_worth_it(best)) best = {};
    return best;
  }

  [[nodiscard]] bool is_worth_it(const Ground& ground) const {
    if (changes_attributes(ground.changes)) return false;
    if (ground.changes.size() <= kManyChanges) return true;
    // An entry of the index takes about 100 bytes.
    std::vector<std::string> stack;
    for (const HeldLayer& layer : ground.below) stack.push_back(layer.id);
    std::error_code problem;
    const auto bytes = fs::file_size(index_of(stack), problem);
    return !problem && ground.changes.size() < bytes / 200;
  }

  const Shelf& shelf_;
  const git::Repository& repository_;
  const std::string& family_;
};

/// The layers of `id`, made by `build` where they are missing.
Result<std::vector<HeldLayer>> hold_or(const Shelf& shelf, const std::string& id,
                                       const std::function<Result<std::vector<HeldLayer>>()>& build) {
  PENSTOCK_TRY(auto held, shelf.hold(id));
  if (held) return std::move(*held);
  PENSTOCK_TRY(const os::FileLock making, shelf.lock_making());
  // Somebody may have made it while we waited; and a layer whose ground is gone is of no use to anybody.
  PENSTOCK_TRY(held, shelf.hold(id));
  if (held) return std::move(*held);
  if (os::path_exists(shelf.tree(id))) PENSTOCK_CHECK(shelf.drop(id));
  return build();
}

void put(std::vector<HeldLayer> held, const Shelf& shelf, Layers& layers) {
  for (HeldLayer& layer : held) {
    layers.lower.push_back(shelf.tree(layer.id));
    layers.locks.push_back(std::move(layer.lock));
  }
}

/// The layer with the job's `.git`: named by its content, so that runs on an unchanged repository share it.
Result<> put_git(const git::Repository& repository, const Shelf& shelf, const Checkout& checkout, Layers& layers) {
  PENSTOCK_TRY(JobGit git, describe_job_git(repository, checkout.commit, checkout.branch, layers.project, ".git"));
  std::string text;
  for (const auto& [name, content] : git.files)
    text.append(name).append("\n").append(std::to_string(content.size())).append(content);
  for (const std::string& folder : git.folders) text.append(folder).append("\n");
  const std::string id = "git-" + short_digest(text);
  PENSTOCK_TRY(auto held, hold_or(shelf, id, [&]() -> Result<std::vector<HeldLayer>> {
                 auto fill = [&git](const fs::path& tree) { return write_job_git(git, tree / ".git"); };
                 std::vector<HeldLayer> made;
                 PENSTOCK_TRY(HeldLayer layer, shelf.make(id, {}, fill));
                 made.push_back(std::move(layer));
                 return made;
               }));
  put(std::move(held), shelf, layers);
  for (Bind& bind : git.binds) layers.binds.push_back({std::move(bind.source), ".git" / bind.target});
  return success();
}

}  // namespace

LayerStore::LayerStore(fs::path folder, const git::Repository& repository)
    : folder_(std::move(folder)), repository_(repository) {}

Result<Layers> LayerStore::prepare(const Checkout& checkout) const {
  const Shelf shelf(folder_);
  Layers layers;
  layers.project = repository_.top_level().empty() ? repository_.git_folder() : repository_.top_level();
  layers.store = folder_;
  layers.commit = checkout.commit;
  layers.branch = checkout.branch;
  PENSTOCK_CHECK(put_git(repository_, shelf, checkout, layers));
  PENSTOCK_TRY(const std::string family, family_of(repository_));
  if (checkout.submodules != Submodules::none) {
    const bool recursive = checkout.submodules == Submodules::recursive;
    PENSTOCK_TRY(const SubmoduleTree modules, find_submodules(repository_, checkout.commit, recursive));
    const std::string id = "modules-" + short_digest(modules.identity() + family);
    PENSTOCK_TRY(auto held, hold_or(shelf, id, [&]() -> Result<std::vector<HeldLayer>> {
                   std::vector<HeldLayer> made;
                   auto fill = [&](const fs::path& tree) {
                     return check_out_submodules(modules, layers.project, tree);
                   };
                   PENSTOCK_TRY(HeldLayer layer, shelf.make(id, {}, fill));
                   made.push_back(std::move(layer));
                   return made;
                 }));
    put(std::move(held), shelf, layers);
    PENSTOCK_CHECK(add_submodule_binds(modules, layers.project, layers.binds));
  }
  PENSTOCK_TRY(auto held, hold_or(shelf, layer_id(checkout.commit, family),
                                  [&] { return Builder(shelf, repository_, family).build(checkout.commit); }));
  put(std::move(held), shelf, layers);
  return layers;
}

Result<> LayerStore::collect(const std::set<std::string>& worktrees, size_t keep) const {
  const Shelf shelf(folder_);
  PENSTOCK_TRY(const os::FileLock making, shelf.lock_making());
  PENSTOCK_CHECK(shelf.sweep());
  PENSTOCK_TRY(const std::vector<std::string> ids, shelf.ids());
  std::set<std::string> needed;
  std::vector<std::string> unwanted;
  size_t commits = 0;
  size_t others = 0;
  // Most recently used first, so what a kept layer stands on is known before its turn comes.
  for (const std::string& id : ids) {
    const bool commit = is_commit_layer(id);
    const bool for_one_run = id.starts_with("run-");
    const bool kept = for_one_run ? worktrees.contains(id) : (commit ? commits++ : others++) < keep;
    if (!kept) {
      unwanted.push_back(id);
      continue;
    }
    for (std::string& below : shelf.stack_of(id)) needed.insert(std::move(below));
  }
  // A layer that a run holds keeps those below it locked as well, so order doesn't matter for them; a thin one goes
  // before its ground.
  std::stable_sort(unwanted.begin(), unwanted.end(), [&shelf](const std::string& a, const std::string& b) {
    return shelf.stack_of(a).size() > shelf.stack_of(b).size();
  });
  for (const std::string& id : unwanted) {
    if (needed.count(id) == 0) PENSTOCK_CHECK(shelf.drop(id));
  }
  return success();
}

}  // namespace penstock::workspace
