#pragma once

#include <optional>

namespace penstock::os {

struct TerminalSize {
  int columns = 0;
  int rows = 0;
};

bool is_terminal(int fd);

/// The size of the terminal behind `fd`; nothing where it is none, or doesn't know.
std::optional<TerminalSize> terminal_size(int fd);

}  // namespace penstock::os
