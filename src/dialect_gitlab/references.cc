#include <algorithm>

#include <unordered_set>

#include "dialect_gitlab/read.h"
#include "dialect_gitlab/tree.h"

namespace penstock::gitlab {
namespace {

using yaml::Entry;
using yaml::Node;

constexpr size_t kMaxNesting = 10;
constexpr uint64_t kMaxTotalWeight = 4'000'000;

/// What stands for a node, and how many references led there, one below the other.
struct Resolved {
  const Node* node;
  size_t depth = 0;
};

bool is_reference(const Node& node) { return node.tag() == "!reference"; }

class References {
 public:
  References(Report& report, yaml::Arena& arena, Config& config) : report_(report), arena_(arena), config_(config) {}

  void run() {
    std::vector<std::pair<std::string_view, const Node*>> changed;
    for (const Config::Section& section : config_.sections()) {
      const Node* resolved = resolve(*section.value).node;
      if (resolved != section.value) changed.emplace_back(section.key->text(), resolved);
    }
    for (const auto& [name, node] : changed) config_.replace(name, *node);
  }

 private:
  Resolved resolve(const Node& node) {
    if (is_reference(node)) return target_of(node);
    if (node.is_scalar()) return {&node};
    auto known = resolved_.find(&node);
    if (known != resolved_.end()) return known->second;
    const Resolved resolved = node.is_mapping() ? resolve_mapping(node) : resolve_sequence(node);
    if (resolved.node != &node) resolved_.emplace(&node, resolved);
    return resolved;
  }

  Resolved resolve_mapping(const Node& node) {
    std::vector<Entry> entries;
    std::span<const Entry> old = node.entries();
    size_t depth = 0;
    for (size_t i = 0; i < old.size(); ++i) {
      Resolved value = resolve(*old[i].value);
      depth = std::max(depth, value.depth);
      // A keyword whose value can't be had counts as not written: of what type it is nobody knows.
      if (missing_.contains(value.node)) value.node = arena_.scalar("", yaml::Style::plain, *value.node);
      if (value.node != old[i].value && entries.empty()) entries.assign(old.begin(), old.end());
      if (value.node != old[i].value) entries[i].value = value.node;
    }
    return {entries.empty() ? &node : arena_.mapping(entries, node), depth};
  }

  Resolved resolve_sequence(const Node& node) {
    std::vector<const Node*> items;
    std::span<const Node* const> old = node.items();
    size_t depth = 0;
    for (size_t i = 0; i < old.size(); ++i) {
      const Resolved value = resolve(*old[i]);
      depth = std::max(depth, value.depth);
      if (value.node != old[i] && items.empty()) items.assign(old.begin(), old.end());
      if (value.node != old[i]) items[i] = value.node;
    }
    return {items.empty() ? &node : arena_.sequence(items, node), depth};
  }

  Resolved nothing(const Node& reference) {
    const Node* empty = arena_.sequence({}, reference);
    missing_.insert(empty);
    return {empty};
  }

  /// Told once: whoever goes through here again gets nothing.
  Resolved too_deep(const Node& reference) {
    report_.error("nesting-too-deep", reference.span(), "`!reference` is nested more than 10 levels deep").help =
        "let it name what stands at the end of the chain";
    return resolved_[&reference] = nothing(reference);
  }

  Resolved target_of(const Node& reference) {
    auto known = resolved_.find(&reference);
    if (known != resolved_.end()) return known->second;
    if (!reference.is_sequence() || reference.items().empty()) {
      report_.error("invalid-reference", reference.span(), "`!reference` wants a list of a section and its keys").help =
          "write it like `!reference [.setup, script]`";
      return nothing(reference);
    }
    if (std::find(open_.begin(), open_.end(), &reference) != open_.end()) {
      report_.error("reference-cycle", reference.span(), "this `!reference` leads back to itself");
      return nothing(reference);
    }
    if (open_.size() >= kMaxNesting) return too_deep(reference);
    open_.push_back(&reference);
    const Resolved target = find(reference);
    Resolved resolved = target.node == nullptr ? nothing(reference) : resolve(*target.node);
    open_.pop_back();
    resolved.depth = std::max(resolved.depth, target.depth) + 1;
    // What the chain leads to may have been resolved before, so that it was never open as a whole.
    if (resolved.depth > kMaxNesting) return too_deep(reference);
    total_ += resolved.node->weight();
    if (total_ > kMaxTotalWeight) {
      report_.error("too-large", reference.span(), "the configuration grows too large by this `!reference`");
      return nothing(reference);
    }
    if (open_.empty()) resolved_[&reference] = resolved;
    return resolved;
  }

  /// What it names; null where that doesn't exist.
  Resolved find(const Node& reference) {
    const Node* at = nullptr;
    size_t depth = 0;
    std::string path;
    for (const Node* part : reference.items()) {
      std::string name = part->to_text();
      std::vector<std::string_view> names;
      const Node* next = nullptr;
      if (path.empty()) {
        const Config::Section* section = config_.find(name);
        next = section == nullptr ? nullptr : section->value;
        names = config_.names();
      } else {
        if (is_reference(*at)) {
          const Resolved through = target_of(*at);
          at = through.node;
          depth = std::max(depth, through.depth);
        }
        next = at->find(name);
        for (const Entry& entry : at->entries()) names.push_back(entry.key->text());
      }
      if (next == nullptr) {
        std::string where = path.empty() ? std::string() : " in `" + path + "`";
        report_
            .error("unknown-reference", part->span(), "`!reference` names `" + name + "`, which doesn't exist" + where)
            .instead = nearest(name, names);
        return {nullptr};
      }
      at = next;
      path += (path.empty() ? "" : " → ") + name;
    }
    return {at, depth};
  }

  Report& report_;
  yaml::Arena& arena_;
  Config& config_;
  std::unordered_map<const Node*, Resolved> resolved_;
  std::unordered_set<const Node*> missing_;  // stand for what could not be found
  std::vector<const Node*> open_;
  uint64_t total_ = 0;
};

}  // namespace

void resolve_references(Report& report, yaml::Arena& arena, Config& config) {
  if (arena.has_tags()) References(report, arena, config).run();
}

}  // namespace penstock::gitlab
