#include "cli/table.h"

#include <algorithm>

#include "base/text_width.h"
#include "cli/line_text.h"

namespace penstock {
namespace {

constexpr size_t kGap = 2;

size_t cell_width(const Table::Cell& cell, const Style& style) {
  const size_t mark = cell.mark < 0 ? 0 : style.mark_width() + (cell.text.empty() ? 0 : 1);
  return mark + display_width(cell.text);
}

std::string draw(const Table::Cell& cell, const Style& style, size_t width, bool right) {
  std::string prefix;
  size_t used = 0;
  if (cell.mark >= 0) {
    prefix = style.mark(static_cast<Mark>(cell.mark)) + (cell.text.empty() ? "" : " ");
    used = style.mark_width() + (cell.text.empty() ? 0 : 1);
  }
  const std::string text = cut_middle(cell.text, width > used ? width - used : 0, style.unicode);
  return right ? pad_left(prefix + text, width) : prefix + pad_right(text, width > used ? width - used : 0);
}

/// Where even the least doesn't fit, the columns on the right go: what a person scans for stands left.
size_t columns_that_fit(const std::vector<size_t>& widths, size_t total) {
  size_t used = 0;
  for (size_t i = 0; i < widths.size() && total != 0; ++i) {
    used += widths[i] + (i == 0 ? 0 : kGap);
    if (used > total) return std::max<size_t>(i, 1);
  }
  return widths.size();
}

void trim_right(std::string& line) { line.erase(line.find_last_not_of(' ') + 1); }

}  // namespace

bool Table::is_heading(const std::vector<Cell>& row) const { return row.size() == 1 && columns_.size() > 1; }

size_t Table::natural_width(const Style& style) const {
  size_t total = kGap * (columns_.size() - 1);
  for (const size_t width : widths(style, 0)) total += width;
  return total;
}

std::vector<size_t> Table::widths(const Style& style, size_t total) const {
  std::vector<size_t> result;
  result.reserve(columns_.size());
  for (const Column& column : columns_) result.push_back(display_width(column.head));
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size() && !is_heading(row); ++i)
      result[i] = std::max(result[i], cell_width(row[i], style));
  }
  size_t needed = kGap * (columns_.size() - 1);
  for (const size_t width : result) needed += width;
  for (size_t i = 0; i < columns_.size() && total != 0 && needed > total; ++i) {
    if (!columns_[i].elastic || result[i] <= columns_[i].least) continue;
    const size_t less = std::min(needed - total, result[i] - columns_[i].least);
    result[i] -= less;
    needed -= less;
  }
  if (total != 0 && result.front() > total) result.front() = total;
  return result;
}

std::string Table::render(const Style& style, size_t width) const {
  const std::vector<size_t> column_widths = widths(style, width);
  const size_t shown = columns_that_fit(column_widths, width);
  std::string output;
  const auto add_line = [&](const std::vector<Cell>& row, bool head) {
    std::string line;
    if (is_heading(row)) line = draw(row[0], style, width != 0 ? width : cell_width(row[0], style), false);
    for (size_t i = 0; i < std::min(row.size(), shown) && !is_heading(row); ++i) {
      if (i > 0) line.append(kGap, ' ');
      line += draw(row[i], style, column_widths[i], columns_[i].right);
    }
    trim_right(line);
    output += head ? style.dim(line) : line;
    output += '\n';
  };
  std::vector<Cell> head;
  for (const Column& column : columns_) head.emplace_back(column.head);
  add_line(head, true);
  for (const auto& row : rows_) add_line(row, false);
  return output;
}

}  // namespace penstock
