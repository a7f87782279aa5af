#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/style.h"

namespace penstock {

/// One of the program's two outputs. Standard output is for results, standard error for messages.
struct Output {
  int fd = -1;
  bool is_terminal = false;
  Style style;

  /// Writes all of it. A reader that has gone away is not an error: there is nobody to tell.
  void write(std::string_view text) const;
  /// Cells of a line now; 0 where it isn't a terminal.
  [[nodiscard]] size_t width() const;
  [[nodiscard]] size_t height() const;
};

struct Outputs {
  Output out;
  Output err;

  /// `error: …` and `help: …` on standard error; an internal one asks for a report.
  void error(const Error& error) const;
  void warning(std::string_view text) const;
  /// The one hint at the end: what this person would do next.
  void hint(std::string_view text) const;
};

/// The exit status that an error means.
int exit_status_of(const Error& error);

}  // namespace penstock
