#include "base/diagnostic.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "base/text_width.h"

namespace penstock {
namespace {

/// A source line is shown in this many cells at most, cut around the span.
constexpr size_t kWidestLine = 120;
/// So many bytes at each side, and of the span itself: more than are ever shown.
constexpr size_t kMostBytes = 4096;
/// What is shown before the span when a line is cut at its left.
constexpr size_t kContextBefore = 30;
constexpr std::string_view kCut = "...";

constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";

std::string_view color_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "\x1b[1;31m";
    case Severity::warning:
      return "\x1b[1;33m";
    case Severity::note:
      return "\x1b[1;36m";
  }
  return kBold;
}

/// Finds lines of one text after the other: what comes in order is found without starting over, so that a report of
/// thousands of findings in one long file takes time linear in that file.
class LineFinder {
 public:
  std::string_view find(const SourceFile& file, uint32_t line) {
    if (&file != file_ || line < line_) {
      file_ = &file;
      line_ = 1;
      offset_ = 0;
    }
    const std::string_view text = file.text;
    for (; line_ < line; ++line_) {
      const size_t line_break = text.find('\n', offset_);
      if (line_break == std::string_view::npos) return {};
      offset_ = line_break + 1;
    }
    std::string_view found = text.substr(offset_, text.find('\n', offset_) - offset_);
    if (found.ends_with('\r')) found.remove_suffix(1);
    return found;
  }

 private:
  const SourceFile* file_ = nullptr;
  uint32_t line_ = 1;
  size_t offset_ = 0;
};

class Painter {
 public:
  explicit Painter(const RenderOptions& options) : options_(options) {}

  void draw(const Diagnostic& diagnostic) {
    std::string message = diagnostic.message;
    // By its name a warning can be looked up, and silenced.
    if (diagnostic.severity == Severity::warning && !diagnostic.name.empty()) message += " [" + diagnostic.name + "]";
    heading(diagnostic.span, diagnostic.severity, message);
    excerpt(diagnostic.span, diagnostic.severity, label_of(diagnostic));
    for (const DiagnosticNote& note : diagnostic.notes) {
      heading(note.span, Severity::note, note.message);
      excerpt(note.span, Severity::note, "");
    }
    if (!diagnostic.help.empty()) help(diagnostic.help);
    for (const SourceSpan& include : diagnostic.include_chain) out_ += "  included from " + place(include) + "\n";
  }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void paint(std::string_view style, std::string_view text) {
    if (options_.color) out_ += style;
    out_ += text;
    if (options_.color) out_ += kReset;
  }

  static std::string place(const SourceSpan& span) {
    if (span.file == nullptr) return {};
    std::string text = printable(span.file->name);
    if (span.line != 0) text += ":" + std::to_string(span.line) + ":" + std::to_string(span.column);
    return text;
  }

  void heading(const SourceSpan& span, Severity severity, std::string_view message) {
    if (span.file != nullptr) {
      paint(kBold, place(span) + ":");
      out_ += ' ';
    }
    paint(color_of(severity), std::string(word_of(severity)) + ":");
    out_ += ' ';
    out_ += printable(message);
    out_ += '\n';
  }

  /// The source line with its number, and below it the caret with the label.
  void excerpt(const SourceSpan& span, Severity severity, std::string_view label) {
    if (!span.known()) return;
    const std::string_view line = lines_.find(*span.file, span.line);
    const size_t start = std::min<size_t>(span.column == 0 ? 0 : span.column - 1, line.size());
    size_t end = line.size();
    if (span.end_line == span.line) end = std::min<size_t>(span.end_column == 0 ? 0 : span.end_column - 1, line.size());
    end = std::max(end, start);

    // Of a line of megabytes only what can be shown is looked at.
    std::string before =
        printable(line.substr(start < kMostBytes ? 0 : start - kMostBytes, std::min(start, kMostBytes)));
    std::string marked = printable(line.substr(start, std::min(end - start, kMostBytes)));
    std::string after = printable(line.substr(end, kMostBytes));
    fit(before, marked, after);

    const std::string number = std::to_string(span.line);
    out_.append(number.size() < 5 ? 5 - number.size() : 0, ' ');
    paint(kDim, number + " |");
    out_ += " " + before + marked + after;
    while (out_.back() == ' ') out_.pop_back();
    out_ += '\n';
    out_.append(std::max<size_t>(5, number.size()), ' ');
    paint(kDim, " |");
    out_.append(display_width(before) + 1, ' ');
    const size_t width = std::max<size_t>(display_width(marked), 1);
    paint(color_of(severity), "^" + std::string(width - 1, '~'));
    if (!label.empty()) out_ += " " + printable(label);
    out_ += '\n';
  }

  /// Cuts what is shown of a long line: first what follows the span, then what precedes it, then the span itself.
  static void fit(std::string& before, std::string& marked, std::string& after) {
    if (display_width(before) + display_width(marked) + display_width(after) <= kWidestLine) return;
    if (display_width(before) + std::min(display_width(marked), kContextBefore) > kWidestLine) {
      before = std::string(kCut) + last_cells(before, kContextBefore);
    }
    const size_t left = kWidestLine - display_width(before);
    if (display_width(marked) > left) {
      marked = first_cells(marked, left - kCut.size());
      after = kCut;
    } else if (display_width(marked) + display_width(after) > left) {
      const size_t room = left - display_width(marked);
      after = first_cells(after, room > kCut.size() ? room - kCut.size() : 0) + std::string(kCut);
    }
  }

  static std::string first_cells(std::string_view text, size_t cells) {
    size_t length = 0;
    for (size_t used = 0; length < text.size();) {
      char32_t character = 0;
      const size_t bytes = next_character(text.substr(length), character);
      used += display_width(text.substr(length, bytes));
      if (used > cells) break;
      length += bytes;
    }
    return std::string(text.substr(0, length));
  }

  static std::string last_cells(std::string_view text, size_t cells) {
    size_t width = display_width(text);
    while (width > cells) {
      char32_t character = 0;
      const size_t bytes = next_character(text, character);
      width -= display_width(text.substr(0, bytes));
      text.remove_prefix(bytes);
    }
    return std::string(text);
  }

  void help(std::string_view text) {
    std::string_view prefix = "   help: ";
    while (true) {
      const size_t line_break = text.find('\n');
      out_ += prefix;
      out_ += printable(text.substr(0, line_break));
      out_ += '\n';
      if (line_break == std::string_view::npos) return;
      text.remove_prefix(line_break + 1);
      prefix = "         ";
    }
  }

  RenderOptions options_;
  std::string out_;
  LineFinder lines_;
};

std::string count(size_t number, std::string_view noun) {
  return std::to_string(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

std::string closing_line(const Diagnostics& diagnostics) {
  size_t errors = 0;
  size_t warnings = 0;
  std::set<std::string_view> files;
  for (const Diagnostic& diagnostic : diagnostics) {
    errors += diagnostic.severity == Severity::error;
    warnings += diagnostic.severity == Severity::warning;
    if (diagnostic.severity != Severity::note && diagnostic.span.file) files.insert(diagnostic.span.file->name);
  }
  if (errors + warnings == 0) return {};
  std::string line = errors != 0 ? count(errors, "error") : std::string();
  if (warnings != 0) line += (errors != 0 ? " and " : "") + count(warnings, "warning");
  if (!files.empty()) line += " in " + count(files.size(), "file");
  return line + "\n";
}

}  // namespace

std::string_view word_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      return "note";
  }
  return "error";
}

std::string label_of(const Diagnostic& diagnostic) {
  return diagnostic.instead.empty() ? diagnostic.label : "did you mean `" + diagnostic.instead + "`?";
}

bool has_errors(const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& diagnostic) { return diagnostic.severity == Severity::error; });
}

std::string render(const Diagnostic& diagnostic, const RenderOptions& options) {
  Painter painter(options);
  painter.draw(diagnostic);
  return painter.take();
}

std::string render(const Diagnostics& diagnostics, const RenderOptions& options) {
  Painter painter(options);
  for (const Diagnostic& diagnostic : diagnostics) painter.draw(diagnostic);
  return painter.take() + closing_line(diagnostics);
}

}  // namespace penstock
