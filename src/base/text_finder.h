#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penstock {

/// Finds all of many texts (of 3 bytes or more) in one pass: an Aho-Corasick automaton behind a filter on the first
/// three bytes, which passes over most input without touching the automaton. Linear in the input whatever it holds.
class TextFinder {
 public:
  using StateId = uint32_t;
  static constexpr StateId kRoot = 0;
  /// How many bytes the filter looks at.
  static constexpr size_t kFiltered = 3;

  /// `texts` sorted, without duplicates, none shorter than kFiltered.
  explicit TextFinder(const std::vector<std::string>& texts);

  [[nodiscard]] StateId next(StateId state, unsigned char byte) const;
  /// How long the end of the input is that may go on as one of the texts.
  [[nodiscard]] uint32_t depth(StateId state) const { return states_[state].depth; }
  /// Length of the longest text that ends here, or 0.
  [[nodiscard]] uint32_t match_length(StateId state) const { return states_[state].match; }
  /// The first place from `at` on where a text may start, or one with fewer than kFiltered bytes behind it.
  [[nodiscard]] size_t skip(std::string_view input, size_t at) const;

 private:
  struct State {
    StateId first_child = 0;  ///< 0: none; the root is nobody's child.
    StateId next_sibling = 0;
    StateId fail = kRoot;  ///< The state of the longest proper end of this one's text.
    uint32_t depth = 0;
    uint32_t match = 0;
    unsigned char byte = 0;
  };

  [[nodiscard]] StateId child(StateId state, unsigned char byte) const;
  StateId add_child(StateId state, unsigned char byte);
  void link_failures();
  [[nodiscard]] bool may_start(uint32_t three_bytes) const {
    const uint32_t hash = (three_bytes * 0x9E3779B1U) >> 16;
    return (filter_[hash >> 6] >> (hash & 63) & 1) != 0;
  }

  std::vector<State> states_;
  std::array<StateId, 256> root_children_{};
  std::array<uint64_t, 1024> filter_{};
};

}  // namespace penstock
