#include "base/text_finder.h"

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace penstock {
namespace {

uint32_t first_three(const char* bytes) {
  const auto* byte = reinterpret_cast<const unsigned char*>(bytes);
  return uint32_t{byte[0]} | uint32_t{byte[1]} << 8 | uint32_t{byte[2]} << 16;
}

}  // namespace

TextFinder::TextFinder(const std::vector<std::string>& texts) : states_(1) {
  for (const std::string& text : texts) {
    StateId state = kRoot;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      const StateId known = child(state, byte);
      state = known != kRoot ? known : add_child(state, byte);
    }
    states_[state].match = states_[state].depth;
    const uint32_t hash = (first_three(text.data()) * 0x9E3779B1U) >> 16;
    filter_[hash >> 6] |= uint64_t{1} << (hash & 63);
  }
  link_failures();
}

TextFinder::StateId TextFinder::child(StateId state, unsigned char byte) const {
  if (state == kRoot) return root_children_[byte];
  StateId found = states_[state].first_child;
  while (found != 0 && states_[found].byte != byte) found = states_[found].next_sibling;
  return found;
}

TextFinder::StateId TextFinder::add_child(StateId state, unsigned char byte) {
  const auto id = static_cast<StateId>(states_.size());
  State added;
  added.depth = states_[state].depth + 1;
  added.byte = byte;
  added.next_sibling = states_[state].first_child;
  states_[state].first_child = id;
  states_.push_back(added);
  if (state == kRoot) root_children_[byte] = id;
  return id;
}

/// Breadth first, so that the failure of a state is complete before those that lean on it.
void TextFinder::link_failures() {
  std::vector<StateId> order = {kRoot};
  order.reserve(states_.size());
  for (size_t i = 0; i < order.size(); ++i) {
    const StateId parent = order[i];
    for (StateId id = states_[parent].first_child; id != 0; id = states_[id].next_sibling) {
      State& state = states_[id];
      state.fail = parent == kRoot ? kRoot : next(states_[parent].fail, state.byte);
      if (state.match == 0) state.match = states_[state.fail].match;
      order.push_back(id);
    }
  }
}

TextFinder::StateId TextFinder::next(StateId state, unsigned char byte) const {
  while (true) {
    const StateId found = child(state, byte);
    if (found != 0 || state == kRoot) return found;
    state = states_[state].fail;
  }
}

size_t TextFinder::skip(std::string_view input, size_t at) const {
  const char* data = input.data();
  const size_t size = input.size();
  // Four places at a time, each read with one load of four bytes, of which the filter takes three.
  while (at + 4 + kFiltered < size) {
    bool any = false;
    for (size_t i = 0; i < 4; ++i) {
      uint32_t four = 0;
      std::memcpy(&four, data + at + i, sizeof four);
      any |= may_start(four & 0xFFFFFFU);
    }
    if (any) break;
    at += 4;
  }
  while (at + kFiltered <= size && !may_start(first_three(data + at))) ++at;
  return at;
}

}  // namespace penstock
