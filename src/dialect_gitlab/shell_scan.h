#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::gitlab {

/// A variable that a shell command refers to.
struct ShellReference {
  enum class Quotes { none, double_quotes };

  std::string_view name;
  size_t offset = 0;  ///< Of the `$`, in bytes.
  size_t length = 0;  ///< To behind the name or its closing brace.
  Quotes quotes = Quotes::none;
  bool bare = true;      ///< Its value as it is: not `${#NAME}`, `${NAME:+set}` and the like.
  bool in_test = false;  ///< Behind `[[` or `case`, where no value is split.
};

/// A simple command: words up to `;`, `|`, `&&`, a line's end and so on.
struct ShellCommand {
  std::vector<std::string_view>
      words;  ///< As written, quotes included; assignments and `if` before the command left out.
  std::vector<ShellReference> references;
  bool piped = false;       ///< Its output goes to another command, or into a word.
  bool redirected = false;  ///< Its output goes to a file.
};

/// The simple commands of a shell script, near enough for advice: quotes, comments, here documents, `$(…)` and
/// operators are told apart, the grammar of `case` and functions isn't. References in single quotes are none. Never
/// fails, whatever the text; takes time in proportion to it.
std::vector<ShellCommand> scan_shell(std::string_view text);

/// Names that the script gives a value itself: `NAME=…`, `export NAME`, `read NAME`, `for NAME in`.
std::vector<std::string_view> assigned_names(std::string_view text);

}  // namespace penstock::gitlab
