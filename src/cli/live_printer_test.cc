#include "cli/live_printer.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace penstock {
namespace {

/// A terminal that understands what LivePrinter writes: rows of text and a cursor.
class Screen {
 public:
  void write(const std::string& bytes) {
    for (size_t i = 0; i < bytes.size();) {
      if (bytes[i] == '\x1b') {
        i = escape(bytes, i + 2);
      } else if (bytes[i] == '\n') {
        ++row_, ++i;
      } else if (bytes[i] == '\r') {
        column_ = 0, ++i;
      } else {
        put(bytes[i++]);
      }
    }
  }
  [[nodiscard]] std::vector<std::string> rows() const {
    std::vector<std::string> result = rows_;
    while (!result.empty() && result.back().empty()) result.pop_back();
    return result;
  }

 private:
  void put(char c) {
    if (rows_.size() <= row_) rows_.resize(row_ + 1);
    std::string& row = rows_[row_];
    if (row.size() <= column_) row.resize(column_ + 1, ' ');
    row[column_++] = c;
  }
  size_t escape(const std::string& bytes, size_t i) {
    const size_t begin = i;
    while (std::isalpha(static_cast<unsigned char>(bytes[i])) == 0) ++i;
    const size_t count = std::strtoul(bytes.c_str() + begin, nullptr, 10);
    if (bytes[i] == 'A') row_ -= count;
    if (bytes[i] == 'K' && row_ < rows_.size()) rows_[row_].resize(std::min(column_, rows_[row_].size()));
    if (bytes[i] == 'J' && row_ < rows_.size()) {
      rows_[row_].resize(std::min(column_, rows_[row_].size()));
      rows_.resize(row_ + 1);
    }
    return i + 1;
  }

  std::vector<std::string> rows_;
  size_t row_ = 0;
  size_t column_ = 0;
};

using Rows = std::vector<std::string>;

TEST(LivePrinterTest, AFrameReplacesTheLastOne) {
  Screen screen;
  LivePrinter printer;
  screen.write(printer.show({"one", "two long"}));
  screen.write(printer.show({"one", "two"}));
  EXPECT_EQ(screen.rows(), (Rows{"one", "two"}));
  screen.write(printer.show({"one"}));
  EXPECT_EQ(screen.rows(), (Rows{"one"}));
}

TEST(LivePrinterTest, TheSameFrameCostsNothing) {
  LivePrinter printer;
  (void)printer.show({"one"});
  EXPECT_EQ(printer.show({"one"}), "");
}

TEST(LivePrinterTest, OnlyChangedLinesAreWritten) {
  LivePrinter printer;
  (void)printer.show({"first line", "second line"});
  const std::string bytes = printer.show({"first line", "changed"});
  EXPECT_EQ(bytes.find("first line"), std::string::npos);
  EXPECT_NE(bytes.find("changed"), std::string::npos);
}

TEST(LivePrinterTest, TextAboveTheFrameStays) {
  Screen screen;
  LivePrinter printer;
  screen.write(printer.show({"frame"}));
  screen.write(printer.print_above("warning: something\r\n"));
  screen.write(printer.show({"frame 2"}));
  EXPECT_EQ(screen.rows(), (Rows{"warning: something", "frame 2"}));
  screen.write(printer.clear());
  EXPECT_EQ(screen.rows(), (Rows{"warning: something"}));
}

TEST(LivePrinterTest, TheCursorIsShownAgainAtTheEnd) {
  LivePrinter printer;
  EXPECT_NE(printer.show({"x"}).find("\x1b[?25l"), std::string::npos);
  EXPECT_NE(printer.clear().find("\x1b[?25h"), std::string::npos);
  EXPECT_EQ(printer.clear(), "");
}

TEST(LivePrinterTest, ANarrowerTerminalIsClearedFromTheFirstWrappedRow) {
  LivePrinter printer;
  printer.resized(20);
  (void)printer.show({std::string(18, 'x'), "y"});
  printer.resized(10);
  EXPECT_NE(printer.show({"xxxxxxxxx", "y"}).find("\x1b[3A"), std::string::npos);
}

}  // namespace
}  // namespace penstock
