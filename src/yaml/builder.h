#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "yaml/yaml.h"

namespace penstock::yaml {

/// A mapping of more entries carries the order of its keys, so that `find` needn't look at each.
constexpr size_t kLargestUnsorted = 16;

/// Where a node stands in which text.
struct Place {
  const std::shared_ptr<const SourceFile>* file = nullptr;
  uint32_t line = 0;
  uint32_t column = 0;
  uint32_t end_line = 0;
  uint32_t end_column = 0;
};

/// An entry before repeated keys are settled; `merge` is the `<<` that brought it, or null.
struct RawEntry {
  Entry entry;
  const Node* merge = nullptr;
};

/// An entry that was written as it is (no `<<` brought it) and is replaced: `later` counts.
struct Repeated {
  RawEntry earlier;
  RawEntry later;
};

struct Arena::State {
  std::pmr::monotonic_buffer_resource memory{16 << 10};
  /// Owned pointers, since nodes hold their addresses.
  std::vector<std::unique_ptr<std::shared_ptr<const SourceFile>>> files;
  std::vector<const std::string_view*> tags;
};

/// Makes nodes in an arena.
class Builder {
 public:
  explicit Builder(Arena& arena) : state_(*arena.state_) {}

  const std::shared_ptr<const SourceFile>* add_file(std::shared_ptr<const SourceFile> file);
  /// `kept`: the text lives as long as the arena.
  const Node* scalar(std::string_view text, Style style, std::string_view tag, const Place& place, bool kept = false);
  const Node* sequence(std::span<const Node* const> items, std::string_view tag, const Place& place);
  /// Of repeated keys the last wins, at the place of the first; what it replaces is added to `repeated`.
  const Node* mapping(std::span<const RawEntry> entries, std::string_view tag, const Place& place,
                      std::vector<Repeated>& repeated);

  static Place place_of(const Node& node) {
    return {node.file_, node.line_, node.column_, node.end_line_, node.end_column_};
  }

 private:
  Node* new_node(Kind kind, size_t size, std::string_view tag, const Place& place);
  const std::string_view* tag_of(std::string_view tag);
  std::string_view copy(std::string_view text);
  template <class T>
  T* allocate(size_t count) {
    // NOLINTNEXTLINE(bugprone-sizeof-expression): T may well be a pointer
    return static_cast<T*>(state_.memory.allocate(count * sizeof(T), alignof(T)));
  }

  Arena::State& state_;
};

}  // namespace penstock::yaml
