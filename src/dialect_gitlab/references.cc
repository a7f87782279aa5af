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

bool is_reference(const Node& node) { return node.tag() == "!reference"; }

class References {
 public:
  References(Report& report, yaml::Arena& arena, Config& config) : report_(report), arena_(arena), config_(config) {}

  void run() {
    std::vector<std::pair<std::string_view, const Node*>> changed;
    for (const Config::Section& section : config_.sections()) {
      const Node* resolved = resolve(*section.value);
      if (resolved != section.value) changed.emplace_back(section.key->text(), resolved);
    }
    for (const auto& [name, node] : changed) config_.replace(name, *node);
  }

 private:
  const Node* resolve(const Node& node) {
    if (is_reference(node)) return target_of(node);
    if (node.is_scalar()) return &node;
    auto known = resolved_.find(&node);
    if (known != resolved_.end()) return known->second;
    const Node* resolved = node.is_mapping() ? resolve_mapping(node) : resolve_sequence(node);
    if (resolved != &node) resolved_[&node] = resolved;
    return resolved;
  }

  const Node* resolve_mapping(const Node& node) {
    std::vector<Entry> entries;
    std::span<const Entry> old = node.entries();
    for (size_t i = 0; i < old.size(); ++i) {
      const Node* value = resolve(*old[i].value);
      // A keyword whose value can't be had counts as not written: of what type it is nobody knows.
      if (missing_.contains(value)) value = arena_.scalar("", yaml::Style::plain, *value);
      if (value != old[i].value && entries.empty()) entries.assign(old.begin(), old.end());
      if (value != old[i].value) entries[i].value = value;
    }
    return entries.empty() ? &node : arena_.mapping(entries, node);
  }

  const Node* resolve_sequence(const Node& node) {
    std::vector<const Node*> items;
    std::span<const Node* const> old = node.items();
    for (size_t i = 0; i < old.size(); ++i) {
      const Node* value = resolve(*old[i]);
      if (value != old[i] && items.empty()) items.assign(old.begin(), old.end());
      if (value != old[i]) items[i] = value;
    }
    return items.empty() ? &node : arena_.sequence(items, node);
  }

  const Node* nothing(const Node& reference) {
    const Node* empty = arena_.sequence({}, reference);
    missing_.insert(empty);
    return empty;
  }

  const Node* target_of(const Node& reference) {
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
    if (open_.size() >= kMaxNesting) {
      report_.error("nesting-too-deep", reference.span(), "`!reference` is nested more than 10 levels deep");
      return nothing(reference);
    }
    open_.push_back(&reference);
    const Node* target = find(reference);
    const Node* resolved = target == nullptr ? nothing(reference) : resolve(*target);
    open_.pop_back();
    total_ += resolved->weight();
    if (total_ > kMaxTotalWeight) {
      report_.error("too-large", reference.span(), "the configuration grows too large by this `!reference`");
      return nothing(reference);
    }
    if (open_.empty()) resolved_[&reference] = resolved;
    return resolved;
  }

  const Node* find(const Node& reference) {
    const Node* at = nullptr;
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
        if (is_reference(*at)) at = target_of(*at);
        next = at->find(name);
        for (const Entry& entry : at->entries()) names.push_back(entry.key->text());
      }
      if (next == nullptr) {
        std::string where = path.empty() ? std::string() : " in `" + path + "`";
        report_
            .error("unknown-reference", part->span(), "`!reference` names `" + name + "`, which doesn't exist" + where)
            .instead = nearest(name, names);
        return nullptr;
      }
      at = next;
      path += (path.empty() ? "" : " → ") + name;
    }
    return at;
  }

  Report& report_;
  yaml::Arena& arena_;
  Config& config_;
  std::unordered_map<const Node*, const Node*> resolved_;
  std::unordered_set<const Node*> missing_;  // stand for what could not be found
  std::vector<const Node*> open_;
  uint64_t total_ = 0;
};

}  // namespace

void resolve_references(Report& report, yaml::Arena& arena, Config& config) {
  if (arena.has_tags()) References(report, arena, config).run();
}

}  // namespace penstock::gitlab
