#pragma once

#include <string>
#include <string_view>

namespace penstock {

/// How a run's parts are marked, without colour and with (UX.md).
enum class Mark { passed, failed, warning, skipped, running, waiting, person, canceled };

/// How to write for one output: whether it takes colour and UTF-8. Colours are few: red for failure, yellow for
/// warnings and gates, green only on the mark, dim for the secondary.
struct Style {
  bool color = false;
  bool unicode = true;

  [[nodiscard]] std::string_view symbol(Mark mark) const;
  /// The symbol in its colour, padded to `mark_width()` cells.
  [[nodiscard]] std::string mark(Mark mark) const;
  [[nodiscard]] size_t mark_width() const { return unicode ? 1 : 4; }

  [[nodiscard]] std::string red(std::string_view text) const { return paint("31", text); }
  [[nodiscard]] std::string yellow(std::string_view text) const { return paint("33", text); }
  [[nodiscard]] std::string green(std::string_view text) const { return paint("32", text); }
  [[nodiscard]] std::string dim(std::string_view text) const { return paint("2", text); }
  [[nodiscard]] std::string bold(std::string_view text) const { return paint("1", text); }

 private:
  [[nodiscard]] std::string paint(std::string_view code, std::string_view text) const;
};

enum class ColorChoice { automatic, always, never };

/// What `--color`, NO_COLOR, TERM and the locale say for an output that is a terminal or not.
Style style_for(bool is_terminal, ColorChoice choice, std::string_view no_color, std::string_view term,
                std::string_view locale);

}  // namespace penstock
