#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace penstock::yaml {

/// A line and a column in bytes, both from 1.
struct Position {
  uint32_t line = 1;
  uint32_t column = 1;
};

/// Turns libyaml's marks (characters, and more kinds of line breaks than an editor knows) into lines and bytes. Marks
/// come nearly in the order of the text, so that all of them together take one walk over it.
class Positions {
 public:
  explicit Positions(std::string_view text);

  /// `index` in characters from the start of the text; `line` and `column` as libyaml counts them, from 0.
  Position of_mark(size_t index, size_t line, size_t column);
  Position of_byte(size_t offset);

 private:
  void walk_to(size_t index);
  void take_character();

  std::string_view text_;
  bool plain_;  ///< ASCII with usual line breaks: libyaml's counting is ours.
  size_t index_ = 0;
  size_t byte_ = 0;
  size_t line_start_ = 0;
  uint32_t line_ = 1;
};

}  // namespace penstock::yaml
