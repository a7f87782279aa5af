#include "cli/failure_report.h"

#include <algorithm>
#include <cctype>

#include "base/shell_quote.h"
#include "base/text_width.h"
#include "cli/line_text.h"

namespace penstock {
namespace {

constexpr size_t kTests = 5;
constexpr size_t kLogLines = 12;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(plain_line(text.substr(0, end)));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

/// How a job ended: `command` "ended with 1 after 13s", or why else it failed, without a command.
struct Ending {
  std::string command;
  std::string words;
};

Ending ending_of(const JobResult& result) {
  const std::string took = " after " + to_words(result.ended_at - result.started_at);
  const bool by_command = result.outcome.reason == EndReason::script_failure && !result.failed_command.empty();
  if (by_command && result.outcome.exit_code) {
    return {plain_line(result.failed_command.substr(0, result.failed_command.find('\n'))),
            "ended with " + std::to_string(*result.outcome.exit_code) + took};
  }
  std::string text(sentence_of(result.outcome.reason));
  if (!result.outcome.detail.empty()) text += ": " + plain_line(result.outcome.detail);
  return {"", text + " (" + took.substr(1) + ")"};
}

/// The mark, the job, and how it ended; below the job's name where both don't fit on a line. The command gives way
/// first, the status never.
std::string headline(const Failure& failure, const Style& style, size_t width) {
  constexpr size_t kLeastCommand = 12;
  const Ending ending = ending_of(failure.result);
  const std::string job = printable(failure.job);
  const auto words = [&](size_t space) {
    if (ending.command.empty()) return width == 0 ? ending.words : cut_end(ending.words, space, style.unicode);
    const size_t rest = display_width(ending.words) + 3;  // the quotes and a blank
    if (width == 0) return "`" + ending.command + "` " + ending.words;
    return space < rest + kLeastCommand
               ? ending.words
               : "`" + cut_middle(ending.command, space - rest, style.unicode) + "` " + ending.words;
  };
  const size_t lead = style.mark_width() + 1 + display_width(job) + 3;
  const std::string mark = style.mark(Mark::failed) + " ";
  if (width == 0 || width >= lead + display_width(ending.words) + 3 + kLeastCommand) {
    return mark + style.bold(job) + "   " + words(width - std::min(lead, width)) + "\n";
  }
  const std::string name =
      cut_middle(job, std::max(width, style.mark_width() + 2) - style.mark_width() - 1, style.unicode);
  return mark + style.bold(name) + "\n  " + words(std::max<size_t>(width, 3) - 2) + "\n";
}

std::string whose_fault(EndReason reason) {
  switch (fault_of(reason)) {
    case Fault::machine:
      return "this is the machine's doing, not your job's";
    case Fault::internal:
      return "this is a bug in Penstock";
    default:
      return {};
  }
}

void add_tests(const TestSummary& tests, const Style& style, size_t width, std::string& text) {
  for (size_t i = 0; i < tests.failures.size() && i < kTests; ++i) {
    const FailedTest& test = tests.failures[i];
    const auto fit = [&](const std::string& line, size_t lead = 4) {
      return width == 0 ? line : cut_end(line, std::max(width, lead + 1) - lead, style.unicode);
    };
    text += "    " + style.red("FAILED") + " " + fit(plain_line(test.name), 11) + "\n";
    std::string place = plain_line(test.file);
    if (!place.empty() && test.line > 0) place += ":" + std::to_string(test.line);
    const std::string message = plain_line(test.message.substr(0, test.message.find('\n')));
    if (!place.empty() || !message.empty())
      text += "    " + fit(place + (place.empty() || message.empty() ? "" : ": ") + message) + "\n";
  }
  const uint64_t all = tests.failed + tests.errors;
  if (all > kTests) text += "    " + style.dim("and " + std::to_string(all - kTests) + " more: ci tests") + "\n";
  if (!tests.failures.empty()) text += "\n";
}

void add_log(const Failure& failure, const Style& style, size_t width, std::string& text) {
  std::vector<std::string> lines = lines_of(failure.log_tail);
  if (lines.empty()) return;
  const size_t shown = std::min(lines.size(), kLogLines);
  const uint64_t all = std::max<uint64_t>(failure.log_lines, lines.size());
  const std::string head = shown < all ? "last lines of the log (of " + std::to_string(all) + "):" : "the log:";
  text += "    " + style.dim(width == 0 ? head : cut_end(head, std::max<size_t>(width, 5) - 4, style.unicode)) + "\n";
  for (size_t i = lines.size() - shown; i < lines.size(); ++i) {
    text += "      " + (width == 0 ? lines[i] : cut_end(lines[i], width > 6 ? width - 6 : 1, style.unicode)) + "\n";
  }
  text += "\n";
}

/// For a name that would do something to the terminal: bash's `$'…'`, which means the very same name.
std::string escaped(std::string_view word) {
  std::string inside;
  for (const char c : word) {
    if (c == '\\' || c == '\'') inside += '\\';
    inside += c;
  }
  return "$'" + printable(inside) + "'";
}

/// Whether a room could be made for the job at all: else there is nothing to step into.
bool had_room(EndReason reason) {
  switch (reason) {
    case EndReason::rejected:
    case EndReason::missing_dependency:
    case EndReason::runner_system_failure:
    case EndReason::runner_unsupported:
    case EndReason::unmet_prerequisites:
    case EndReason::child_failed:
      return false;
    default:
      return true;
  }
}

}  // namespace

std::string failure_report(const Failure& failure, const Style& style, size_t width) {
  std::string text = headline(failure, style, width);
  if (const std::string fault = whose_fault(failure.result.outcome.reason); !fault.empty())
    text += "    " + fault + "\n";
  text += "\n";
  if (failure.result.tests) add_tests(*failure.result.tests, style, width, text);
  add_log(failure, style, width, text);
  if (failure.inside) return text;
  const std::string name = shell_quoted(failure.job);
  const std::string shell = had_room(failure.result.outcome.reason) ? "step in: ci shell " + name : "";
  const std::string log = "whole log: ci log " + name;
  const bool beside = width == 0 || display_width(shell) + display_width(log) + 8 <= width;
  const char* const between = shell.empty() ? "" : beside ? "      " : "\n  ";
  text += "  " + style.dim(shell + between + log) + "\n";
  return text;
}

std::string shell_quoted(std::string_view word) {
  const auto harmless = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("_-./:@%+=,").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), harmless)) return std::string(word);
  if (printable(word) != word) return escaped(word);
  if (word.find_first_of("\"$`\\!") == std::string_view::npos) return "\"" + std::string(word) + "\"";
  return single_quoted(word);
}

}  // namespace penstock
