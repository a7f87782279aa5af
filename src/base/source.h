#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace penstock {

/// A text that diagnostics point into. Shared, never changed.
struct SourceFile {
  std::string name;  ///< As the user would name it: a path relative to the repository.
  std::string text;
};

/// A place in a source: lines and columns count from 1; a column counts bytes. `end` is exclusive.
/// A span with line 0 means "no place known".
struct SourceSpan {
  std::shared_ptr<const SourceFile> file;
  uint32_t line = 0;
  uint32_t column = 0;
  uint32_t end_line = 0;
  uint32_t end_column = 0;

  [[nodiscard]] bool known() const { return file != nullptr && line != 0; }
};

/// A place as plain data, for plans and stored records that outlive the text: `.gitlab-ci.yml:14`.
struct SourceLocation {
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;

  friend bool operator==(const SourceLocation&, const SourceLocation&) = default;
};

inline SourceLocation location_of(const SourceSpan& span) {
  return {span.file ? span.file->name : std::string(), span.line, span.column};
}

/// The text of line `line` (from 1) without its line break; empty past the end.
std::string_view line_of(const SourceFile& file, uint32_t line);

}  // namespace penstock
