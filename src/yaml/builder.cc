#include "yaml/builder.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "yaml/scalar.h"

namespace penstock::yaml {
namespace {

/// Tags beyond these few are not shared between nodes.
constexpr size_t kSharedTags = 8;

/// More repeated keys of one mapping needn't be told, and a hostile one could have millions.
constexpr size_t kMostRepeated = 100;

uint32_t plus(uint32_t a, uint32_t b) {
  const uint32_t sum = a + b;
  return sum < a ? std::numeric_limits<uint32_t>::max() : sum;
}

bool same_key(const Node* a, const Node* b) {
  return a == b || (a->is_scalar() && b->is_scalar() && a->text() == b->text());
}

/// What a key is sorted by. The first bytes decide nearly always, and spare a walk to the text.
struct SortKey {
  bool other;  ///< Keys that aren't scalars come last, and are never the same as another.
  uint64_t first_bytes;
  uint32_t index;
};

SortKey sort_key(const Node& key, uint32_t index) {
  if (!key.is_scalar()) return {true, 0, index};
  const std::string_view text = key.text();
  uint64_t bytes = 0;
  for (size_t i = 0; i < sizeof bytes; ++i)
    bytes = bytes << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
  return {false, bytes, index};
}

/// The indices of the entries in the order of their keys, equal ones as they were written.
std::vector<uint32_t> sorted_order(std::span<const RawEntry> entries) {
  std::vector<SortKey> keys;
  keys.reserve(entries.size());
  for (const RawEntry& raw : entries) keys.push_back(sort_key(*raw.entry.key, static_cast<uint32_t>(keys.size())));
  std::sort(keys.begin(), keys.end(), [&](const SortKey& a, const SortKey& b) {
    if (a.other != b.other) return b.other;
    if (a.first_bytes != b.first_bytes) return a.first_bytes < b.first_bytes;
    const int order = entries[a.index].entry.key->text().compare(entries[b.index].entry.key->text());
    return order != 0 ? order < 0 : a.index < b.index;
  });
  std::vector<uint32_t> order;
  order.reserve(keys.size());
  for (const SortKey& key : keys) order.push_back(key.index);
  return order;
}

/// For each entry the index of the first one with its key; nothing when no key is repeated.
std::optional<std::vector<uint32_t>> first_ones(std::span<const RawEntry> entries, const std::vector<uint32_t>& order) {
  std::vector<uint32_t> first;
  const auto join = [&](size_t index, uint32_t with) {
    if (first.empty()) {
      first.resize(entries.size());
      std::iota(first.begin(), first.end(), 0U);
    }
    first[index] = first[with];
  };
  const auto same = [&](size_t a, size_t b) { return same_key(entries[a].entry.key, entries[b].entry.key); };
  if (!order.empty()) {
    for (size_t i = 1; i < order.size(); ++i) {
      if (same(order[i - 1], order[i])) join(order[i], order[i - 1]);
    }
  } else {
    for (size_t i = 1; i < entries.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (!same(i, j)) continue;
        join(i, static_cast<uint32_t>(j));
        break;
      }
    }
  }
  if (first.empty()) return std::nullopt;
  return first;
}

/// One entry a key: the last one, at the place of the first.
std::vector<RawEntry> settled(std::span<const RawEntry> entries, const std::vector<uint32_t>& first,
                              std::vector<Repeated>& repeated) {
  std::vector<RawEntry> last(entries.begin(), entries.end());
  for (size_t i = 0; i < entries.size(); ++i) {
    if (first[i] == i) continue;
    const RawEntry& earlier = last[first[i]];
    if (earlier.merge == nullptr && repeated.size() < kMostRepeated) repeated.push_back({earlier, entries[i]});
    last[first[i]] = entries[i];
  }
  std::vector<RawEntry> kept;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (first[i] == i) kept.push_back(last[i]);
  }
  return kept;
}

}  // namespace

const std::shared_ptr<const SourceFile>* Builder::add_file(std::shared_ptr<const SourceFile> file) {
  state_.files.push_back(std::make_unique<std::shared_ptr<const SourceFile>>(std::move(file)));
  return state_.files.back().get();
}

std::string_view Builder::copy(std::string_view text) {
  if (text.empty()) return "";
  char* bytes = allocate<char>(text.size());
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

const std::string_view* Builder::tag_of(std::string_view tag) {
  if (tag.empty()) return nullptr;
  for (const std::string_view* known : state_.tags) {
    if (*known == tag) return known;
  }
  const auto* added = new (allocate<std::string_view>(1)) std::string_view(copy(tag));
  if (state_.tags.size() < kSharedTags) state_.tags.push_back(added);
  return added;
}

Node* Builder::new_node(Kind kind, size_t size, std::string_view tag, const Place& place) {
  Node* node = new (allocate<Node>(1)) Node();
  node->kind_ = kind;
  node->size_ = static_cast<uint32_t>(size);
  node->tag_ = tag_of(tag);
  node->file_ = place.file;
  node->line_ = place.line;
  node->column_ = place.column;
  node->end_line_ = place.end_line;
  node->end_column_ = place.end_column;
  return node;
}

const Node* Builder::scalar(std::string_view text, Style style, std::string_view tag, const Place& place, bool kept) {
  Node* node = new_node(Kind::scalar, text.size(), tag, place);
  node->text_ = kept ? text.data() : copy(text).data();
  node->style_ = style;
  const bool is_text = style != Style::plain || tag == "tag:yaml.org,2002:str" || tag == "tag:yaml.org,2002:binary" ||
                       tag == "!str" || tag == "!binary";
  node->type_ = is_text ? ScalarType::string : type_of(text);
  return node;
}

const Node* Builder::sequence(std::span<const Node* const> items, std::string_view tag, const Place& place) {
  Node* node = new_node(Kind::sequence, items.size(), tag, place);
  const Node** copied = allocate<const Node*>(items.size());
  std::copy(items.begin(), items.end(), copied);
  node->items_ = copied;
  for (const Node* item : items) {
    node->height_ = std::max(node->height_, plus(item->height_, 1));
    node->weight_ = plus(node->weight_, item->weight_);
  }
  return node;
}

const Node* Builder::mapping(std::span<const RawEntry> entries, std::string_view tag, const Place& place,
                             std::vector<Repeated>& repeated) {
  std::vector<uint32_t> order;
  if (entries.size() > kLargestUnsorted) order = sorted_order(entries);
  std::vector<RawEntry> kept;
  if (const auto first = first_ones(entries, order)) {
    kept = settled(entries, *first, repeated);
    entries = kept;
    order = entries.size() > kLargestUnsorted ? sorted_order(entries) : std::vector<uint32_t>();
  }
  Node* node = new_node(Kind::mapping, entries.size(), tag, place);
  void* memory =
      state_.memory.allocate(entries.size() * sizeof(Entry) + order.size() * sizeof(uint32_t), alignof(Entry));
  auto* copied = static_cast<Entry*>(memory);
  node->entries_ = copied;
  for (const RawEntry& raw : entries) {
    *copied++ = raw.entry;
    node->height_ = std::max({node->height_, plus(raw.entry.key->height_, 1), plus(raw.entry.value->height_, 1)});
    node->weight_ = plus(node->weight_, plus(raw.entry.key->weight_, raw.entry.value->weight_));
  }
  std::copy(order.begin(), order.end(), reinterpret_cast<uint32_t*>(copied));
  return node;
}

Arena::Arena() : state_(std::make_unique<State>()) {}
Arena::~Arena() = default;
Arena::Arena(Arena&&) noexcept = default;

bool Arena::has_tags() const { return !state_->tags.empty(); }
Arena& Arena::operator=(Arena&&) noexcept = default;

const Node* Arena::scalar(std::string_view text, Style style, const Node& like) {
  return Builder(*this).scalar(text, style, {}, Builder::place_of(like));
}

const Node* Arena::scalar(std::string_view text, Style style) { return Builder(*this).scalar(text, style, {}, {}); }

const Node* Arena::sequence(std::span<const Node* const> items, const Node& like) {
  return Builder(*this).sequence(items, {}, Builder::place_of(like));
}

const Node* Arena::sequence(std::span<const Node* const> items) { return Builder(*this).sequence(items, {}, {}); }

namespace {

const Node* build_mapping(Arena& arena, std::span<const Entry> entries, const Place& place) {
  std::vector<RawEntry> raw;
  raw.reserve(entries.size());
  for (const Entry& entry : entries) raw.push_back({entry, nullptr});
  std::vector<Repeated> repeated;
  return Builder(arena).mapping(raw, {}, place, repeated);
}

}  // namespace

const Node* Arena::mapping(std::span<const Entry> entries, const Node& like) {
  return build_mapping(*this, entries, Builder::place_of(like));
}

const Node* Arena::mapping(std::span<const Entry> entries) { return build_mapping(*this, entries, {}); }

}  // namespace penstock::yaml
