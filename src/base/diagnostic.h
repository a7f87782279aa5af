#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"

namespace penstock {

enum class Severity { error, warning, note };

/// `error`, `warning`, `note`.
std::string_view word_of(Severity severity);

/// A further place that explains a diagnostic ("its rules are here").
struct DiagnosticNote {
  SourceSpan span;
  std::string message;
};

/// One finding in a source text, as data until `render` draws it.
struct Diagnostic {
  Severity severity = Severity::error;
  std::string name;     ///< Stable slug of the rule, such as `unknown-keyword`; tests and `--json` match on it.
  SourceSpan span;      ///< What the caret underlines.
  std::string message;  ///< One sentence without full stop, names in backquotes.
  std::string label;    ///< Written beside the caret; may be empty.
  std::string instead;  ///< What the underlined text is a slip of: "did you mean `script`?" beside the caret.
  std::string help;     ///< What to do; may be empty.
  std::vector<DiagnosticNote> notes;
  std::vector<SourceSpan> include_chain;  ///< Innermost first: the `include` entries that led to this file.
};

using Diagnostics = std::vector<Diagnostic>;

/// What is written beside the caret.
std::string label_of(const Diagnostic& diagnostic);

bool has_errors(const Diagnostics& diagnostics);

struct RenderOptions {
  bool color = false;
};

/// Draws one diagnostic as good compilers do: `file:line:column: error: message`, the source line, a caret, label,
/// notes, help and the include chain. Ends in a line break. Control characters of the source are shown escaped; a long
/// line is cut around the span.
std::string render(const Diagnostic& diagnostic, const RenderOptions& options);

/// All of them, followed by a closing line such as "2 errors in 2 files"; empty for no diagnostics.
std::string render(const Diagnostics& diagnostics, const RenderOptions& options);

}  // namespace penstock
