#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_width.h"
#include "cli/style.h"

namespace penstock {

/// A list for a person: aligned columns without frames, a head line in capitals, cut to the width. What a person scans
/// for stands left.
class Table {
 public:
  struct Column {
    std::string head;
    bool right = false;    ///< Numbers and durations.
    bool elastic = false;  ///< Gives way first when the line is too long; cut in the middle.
    size_t least = 8;      ///< What an elastic column keeps.
  };
  struct Cell {
    Cell(std::string_view content) : text(printable(content)) {}    // NOLINT: a cell is mostly a text
    Cell(const std::string& content) : text(printable(content)) {}  // NOLINT
    Cell(const char* content) : text(content) {}                    // NOLINT
    Cell(Mark m, std::string_view content) : text(printable(content)), mark(static_cast<int>(m)) {}

    std::string text;  // safe to print, whoever wrote it
    int mark = -1;     // a Mark before the text, or none
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// A row of one cell is a heading: it goes over all columns.
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  /// What it takes where nothing is cut.
  [[nodiscard]] size_t natural_width(const Style& style) const;
  /// Lines, each ending in a line break. `width` 0: as wide as it needs (not a terminal).
  [[nodiscard]] std::string render(const Style& style, size_t width) const;

 private:
  [[nodiscard]] bool is_heading(const std::vector<Cell>& row) const;
  [[nodiscard]] std::vector<size_t> widths(const Style& style, size_t total) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace penstock
