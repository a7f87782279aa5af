#include "cli/layer_sources.h"

#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "git/repository.h"
#include "os/signals.h"
#include "workspace/folders.h"
#include "workspace/layer_store.h"

namespace penstock {

struct LayerSources::State {
  static constexpr const char* kNow = "now";  // no layer's id

  using Prepared = Result<std::shared_ptr<const workspace::Layers>>;
  struct Key {
    std::string commit;
    std::string worktree;  // the layer's id, or kNow
    workspace::Submodules submodules = workspace::Submodules::none;

    friend auto operator<=>(const Key&, const Key&) = default;
  };

  State(const git::Repository& r, std::filesystem::path f)
      : repository(r), folder(std::move(f)), layers(folder / "layers", r) {}

  Prepared prepare(const Key& key) {
    const auto branch = repository.branch();
    if (!branch) return branch.error();
    const auto head = repository.head();
    const bool at_head = head.ok() && *head == key.commit;
    workspace::Checkout checkout{key.commit, at_head ? *branch : std::nullopt, key.submodules};
    auto made = layers.prepare(checkout);
    if (made.ok() && key.worktree == kNow) {
      made = layers.prepare_worktree(std::move(*made));
    } else if (made.ok() && !key.worktree.empty()) {
      made = layers.hold_worktree(std::move(*made), key.worktree);
    }
    if (!made.ok()) return made.error();
    return std::make_shared<const workspace::Layers>(std::move(*made));
  }

  /// In a thread of its own, or, `deferred`, in the first that waits for it.
  std::shared_future<Prepared> begin(const Key& key, std::launch where) {
    const std::lock_guard lock(mutex);
    const os::SignalShelter shelter;
    auto [found, added] = prepared.try_emplace(key);
    if (added) found->second = std::async(where, [this, key] { return prepare(key); }).share();
    return found->second;
  }

  const git::Repository& repository;
  std::filesystem::path folder;
  workspace::LayerStore layers;
  std::mutex mutex;
  std::map<Key, std::shared_future<Prepared>> prepared;
};

namespace {

/// GitLab's variable of that name; its last setting counts.
workspace::Submodules submodules_of(const JobSpec& spec) {
  auto strategy = workspace::Submodules::none;
  for (const Variable& variable : spec.variables) {
    if (variable.name != "GIT_SUBMODULE_STRATEGY") continue;
    strategy = variable.value == "recursive" ? workspace::Submodules::recursive
               : variable.value == "normal"  ? workspace::Submodules::normal
                                             : workspace::Submodules::none;
  }
  return strategy;
}

}  // namespace

LayerSources::LayerSources(std::unique_ptr<State> state) : state_(std::move(state)) {}
LayerSources::~LayerSources() = default;

Result<std::unique_ptr<LayerSources>> LayerSources::make(const git::Repository& repository) {
  PENSTOCK_TRY(const workspace::LayerFolder folder, workspace::layer_folder(repository));
  return std::unique_ptr<LayerSources>(new LayerSources(std::make_unique<State>(repository, folder.path)));
}

const std::filesystem::path& LayerSources::folder() const { return state_->folder; }

void LayerSources::prepare(const std::string& commit, const std::string& worktree_layer) {
  (void)state_->begin({commit, worktree_layer, workspace::Submodules::none}, std::launch::async);
}

void LayerSources::prepare_with_worktree(const std::string& commit) { prepare(commit, State::kNow); }

Result<std::string> LayerSources::worktree_layer(const std::string& commit) {
  const std::shared_future<State::Prepared> made =
      state_->begin({commit, State::kNow, workspace::Submodules::none}, std::launch::deferred);
  if (!made.get()) return made.get().error();
  const std::string& id = (*made.get())->worktree;
  const std::lock_guard lock(state_->mutex);
  state_->prepared.try_emplace({commit, id, workspace::Submodules::none}, made);
  return id;
}

Result<SandboxSources> LayerSources::of(const JobSpec& spec) {
  const State::Prepared prepared =
      state_->begin({spec.commit, spec.worktree_layer, submodules_of(spec)}, std::launch::deferred).get();
  if (!prepared) return prepared.error();
  const workspace::Layers& layers = **prepared;
  SandboxSources sources;
  sources.project = layers.project.string();
  sources.store = layers.store.string();
  for (const auto& layer : layers.lower) sources.lower.push_back(layer.string());
  for (const auto& bind : layers.binds) sources.binds.push_back({bind.source.string(), bind.target.string(), true});
  sources.read_only = {state_->repository.common_folder().string()};
  sources.lease = *prepared;
  return sources;
}

}  // namespace penstock
