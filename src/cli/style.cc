#include "cli/style.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text_width.h"
#include "cli/line_text.h"

namespace penstock {
namespace {

struct Symbol {
  std::string_view unicode;
  std::string_view ascii;
  std::string_view color;
};

// In the order of Mark.
constexpr std::array<Symbol, 8> kSymbols{{{"✓", "ok", "32"},
                                          {"✗", "FAIL", "31"},
                                          {"!", "warn", "33"},
                                          {"–", "skip", "2"},
                                          {"●", "run", ""},
                                          {"○", "wait", "2"},
                                          {"⏸", "hold", "33"},
                                          {"✗", "stop", "33"}}};

const Symbol& symbol_of(Mark mark) { return kSymbols[static_cast<size_t>(mark)]; }

}  // namespace

std::string_view Style::symbol(Mark mark) const { return unicode ? symbol_of(mark).unicode : symbol_of(mark).ascii; }

std::string Style::mark(Mark mark) const {
  const std::string padded = pad_right(symbol(mark), mark_width());
  return symbol_of(mark).color.empty() ? padded : paint(symbol_of(mark).color, padded);
}

std::string Style::paint(std::string_view code, std::string_view text) const {
  if (!color || text.empty()) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

Style style_for(bool is_terminal, ColorChoice choice, std::string_view no_color, std::string_view term,
                std::string_view locale) {
  std::string lower(locale);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  Style style;
  style.unicode = lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
  style.color = choice == ColorChoice::always || (choice == ColorChoice::automatic && is_terminal && no_color.empty() &&
                                                  term != "dumb" && !term.empty());
  return style;
}

}  // namespace penstock
