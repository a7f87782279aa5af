#include "cli/failure_report.h"

#include <algorithm>
#include <cctype>

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

/// "`pytest -q` ended with 1 after 13s", or why else it failed.
std::string headline(const JobResult& result) {
  const std::string took = " after " + to_words(result.ended_at - result.started_at);
  const bool by_command = result.outcome.reason == EndReason::script_failure && !result.failed_command.empty();
  if (by_command && result.outcome.exit_code) {
    const std::string command = plain_line(result.failed_command.substr(0, result.failed_command.find('\n')));
    return "`" + command + "` ended with " + std::to_string(*result.outcome.exit_code) + took;
  }
  std::string text(sentence_of(result.outcome.reason));
  if (!result.outcome.detail.empty()) text += ": " + plain_line(result.outcome.detail);
  return text + took;
}

std::string whose_fault(EndReason reason) {
  switch (fault_of(reason)) {
    case Fault::machine: return "this is the machine's doing, not your job's";
    case Fault::internal: return "this is a bug in Penstock";
    default: return {};
  }
}

void add_tests(const TestSummary& tests, const Style& style, size_t width, std::string& text) {
  for (size_t i = 0; i < tests.failures.size() && i < kTests; ++i) {
    const FailedTest& test = tests.failures[i];
    const auto fit = [&](const std::string& line) { return width == 0 ? line : cut_end(line, width - 6, style.unicode); };
    text += "    " + style.red("FAILED") + " " + fit(plain_line(test.name)) + "\n";
    std::string place = test.file;
    if (!place.empty() && test.line > 0) place += ":" + std::to_string(test.line);
    const std::string message = plain_line(test.message.substr(0, test.message.find('\n')));
    if (!place.empty() || !message.empty()) text += "    " + fit(place + (place.empty() || message.empty() ? "" : ": ") + message) + "\n";
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
  text += "    " + style.dim(shown < all ? "last lines of the log (of " + std::to_string(all) + "):" : "the log:") + "\n";
  for (size_t i = lines.size() - shown; i < lines.size(); ++i) {
    text += "      " + (width == 0 ? lines[i] : cut_end(lines[i], width > 6 ? width - 6 : 1, style.unicode)) + "\n";
  }
  text += "\n";
}

}  // namespace

std::string failure_report(const Failure& failure, const Style& style, size_t width) {
  std::string text = style.mark(Mark::failed) + " " + style.bold(failure.job) + "   " + headline(failure.result) + "\n";
  if (const std::string fault = whose_fault(failure.result.outcome.reason); !fault.empty()) text += "    " + fault + "\n";
  text += "\n";
  if (failure.result.tests) add_tests(*failure.result.tests, style, width, text);
  add_log(failure, style, width, text);
  if (failure.inside) return text;
  const std::string name = shell_quoted(failure.job);
  text += "  " + style.dim("step in: ci shell " + name + "      whole log: ci log " + name) + "\n";
  return text;
}

std::string shell_quoted(std::string_view word) {
  const auto harmless = [](unsigned char c) { return std::isalnum(c) != 0 || std::string_view("_-./:@%+=,").find(static_cast<char>(c)) != std::string_view::npos; };
  if (!word.empty() && std::all_of(word.begin(), word.end(), harmless)) return std::string(word);
  if (word.find_first_of("\"$`\\!") == std::string_view::npos) return "\"" + std::string(word) + "\"";
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace penstock
