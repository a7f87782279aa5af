#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace penstock {

/// Draws frames in place on a terminal without flicker: moves up over the last frame, rewrites only lines that changed,
/// in one write, inside a synchronised update (terminals that don't know it ignore it). Text for the scrollback goes
/// above the frame. Builds the bytes; the caller writes them.
class LivePrinter {
 public:
  /// What to write so that the terminal shows `lines` in place of the last frame.
  std::string show(const std::vector<std::string>& lines);
  /// What to write so that `text` (whole lines) stands above the frame from now on.
  std::string print_above(std::string_view text);
  /// The terminal changed its width: what stood there may be wrapped, so the next frame begins by clearing from its
  /// top.
  void resized(size_t width);
  /// Removes the frame and shows the cursor again.
  std::string clear();

 private:
  /// Terminal rows that these lines take now: more than one each where a narrower terminal has wrapped them.
  [[nodiscard]] size_t rows_of(const std::vector<std::string>& lines) const;

  std::vector<std::string> shown_;
  size_t width_ = 0;
  bool cursor_hidden_ = false;
  bool redraw_ = false;
};

}  // namespace penstock
