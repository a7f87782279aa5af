#include "cli/live_printer.h"

#include <algorithm>
#include <utility>

#include "base/text_width.h"
#include "cli/line_text.h"

namespace penstock {
namespace {

constexpr std::string_view kBeginUpdate = "\x1b[?2026h";
constexpr std::string_view kEndUpdate = "\x1b[?2026l";
constexpr std::string_view kHideCursor = "\x1b[?25l";
constexpr std::string_view kShowCursor = "\x1b[?25h";
constexpr std::string_view kClearLine = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";

std::string up(size_t lines) { return lines == 0 ? std::string("\r") : "\r\x1b[" + std::to_string(lines) + "A"; }

/// Clears so many rows above the cursor and stands in the first of them. Row by row: clearing a screen from its top
/// makes some terminals keep a copy of it in their scrollback.
std::string blank(size_t rows) {
  std::string output = up(rows);
  for (size_t row = 0; row < rows; ++row) output.append(kClearLine).append("\r\n");
  return output + up(rows);
}

}  // namespace

size_t LivePrinter::rows_of(const std::vector<std::string>& lines) const {
  if (!redraw_ || width_ == 0) return lines.size();
  size_t rows = 0;
  for (const std::string& line : lines)
    rows += std::max<size_t>(1, (display_width(plain_line(line)) + width_ - 1) / width_);
  return rows;
}

std::string LivePrinter::show(const std::vector<std::string>& lines) {
  if (!redraw_ && lines == shown_) return {};
  std::string output(kBeginUpdate);
  if (!cursor_hidden_) output += kHideCursor;
  cursor_hidden_ = true;
  output += up(rows_of(shown_));
  for (size_t i = 0; i < lines.size(); ++i) {
    const bool same = !redraw_ && i < shown_.size() && shown_[i] == lines[i];
    // Before the line: behind one that fills the row some terminals would clear its last cell.
    if (!same) output.append(kClearLine).append(lines[i]);
    output += "\r\n";
  }
  if (redraw_ || lines.size() < shown_.size()) output += kClearBelow;
  output += kEndUpdate;
  shown_ = lines;
  redraw_ = false;
  return output;
}

std::string LivePrinter::print_above(std::string_view text) {
  if (shown_.empty()) return std::string(text);
  const std::vector<std::string> frame = std::exchange(shown_, {});
  std::string output = std::string(kBeginUpdate) + blank(rows_of(frame));
  output += text;
  redraw_ = true;
  output += show(frame);
  return output;
}

void LivePrinter::resized(size_t width) {
  if (width == width_) return;
  width_ = width;
  redraw_ = true;
}

std::string LivePrinter::clear() {
  if (shown_.empty() && !cursor_hidden_) return {};
  std::string output = blank(rows_of(shown_));
  output += kShowCursor;
  shown_.clear();
  cursor_hidden_ = false;
  return output;
}

}  // namespace penstock
