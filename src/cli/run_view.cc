#include "cli/run_view.h"

#include <algorithm>

#include "base/text_width.h"
#include "cli/line_text.h"

namespace penstock {
namespace {

constexpr size_t kNarrow = 40;
constexpr size_t kMaxName = 32;
constexpr size_t kFinalGap = 3;

/// The times at the right end of a line: `~20s left  11.4s`.
std::string times(const std::optional<Duration>& elapsed, const std::optional<Duration>& remaining) {
  std::string result;
  if (remaining) result = "~" + to_words(*remaining) + " left";
  if (elapsed) result += (result.empty() ? "" : "  ") + to_words(*elapsed);
  return result;
}

struct Columns {
  size_t width;
  size_t name;
  bool narrow;
};

struct Row {
  size_t indent;
  Mark mark;
  const std::string& name;
  const std::string& middle;
  std::string right;
};

/// One line: indent, mark, name, middle (cut at its end), times at the right edge. Names are cut in the middle, times
/// never.
std::string draw_row(const Row& row, const Columns& columns, const Style& style) {
  const size_t lead = row.indent + style.mark_width() + 1;
  std::string line = std::string(row.indent, ' ') + style.mark(row.mark) + ' ';
  if (lead >= columns.width)
    return cut_end(std::string(row.indent, ' ') + std::string(style.symbol(row.mark)), columns.width, style.unicode);
  size_t space = columns.width - lead;
  if (columns.narrow) return line + cut_middle(row.name, space, style.unicode);
  const size_t name_width = std::min(columns.name > row.indent ? columns.name - row.indent : 0, space);
  const std::string name = cut_middle(row.name, std::max<size_t>(name_width, 8), style.unicode);
  line += pad_right(name, name_width);
  space -= std::min(space, std::max(name_width, display_width(name)));
  const size_t right = row.right.empty() ? 0 : display_width(row.right) + 2;
  const size_t middle_width = space > right + 2 ? space - right - 2 : 0;
  const std::string middle = cut_end(row.middle, middle_width, style.unicode);
  if (!middle.empty()) line += "  " + (row.indent > 0 ? style.dim(middle) : middle);
  if (row.right.empty() || right > space) return line;
  const size_t used = middle.empty() ? 0 : 2 + display_width(middle);
  return line + std::string(space - used - display_width(row.right), ' ') + style.dim(row.right);
}

bool is_interesting(const JobLine& job) { return job.mark == Mark::running || job.mark == Mark::failed; }

/// "4 passed, 2 wait" for jobs that aren't listed.
std::string count_hidden(const std::vector<JobLine>& jobs) {
  size_t passed = 0;
  size_t waiting = 0;
  for (const JobLine& job : jobs) {
    if (is_interesting(job)) continue;
    (job.mark == Mark::waiting || job.mark == Mark::person ? waiting : passed) += 1;
  }
  std::string text;
  if (passed > 0) text = std::to_string(passed) + " more ended";
  if (waiting > 0) text += (text.empty() ? "" : ", ") + std::to_string(waiting) + " wait";
  return text;
}

bool is_open(const StageLine& stage) { return stage.mark == Mark::running || stage.mark == Mark::failed; }

void draw_stage(const StageLine& stage, bool short_form, const Columns& columns, const Style& style,
                std::vector<std::string>& lines) {
  lines.push_back(
      draw_row({0, stage.mark, stage.name, stage.facts, times(stage.elapsed, std::nullopt)}, columns, style));
  if (!is_open(stage)) return;
  const bool single = stage.jobs.size() == 1 && stage.jobs.front().name == stage.name;
  for (const JobLine& job : stage.jobs) {
    if (short_form && !is_interesting(job)) continue;
    if (single && job.note.empty()) continue;
    lines.push_back(draw_row({2, job.mark, job.name, job.note, times(job.elapsed, job.remaining)}, columns, style));
  }
  if (!short_form) return;
  if (const std::string hidden = count_hidden(stage.jobs); !hidden.empty()) {
    lines.push_back(style.dim(cut_end("    " + hidden, columns.width, style.unicode)));
  }
}

std::vector<std::string> draw_all(const RunView& view, bool short_form, const Columns& columns, const Style& style) {
  std::vector<std::string> lines;
  const size_t clock = display_width(view.clock);
  if (columns.narrow || clock + 10 > columns.width) {
    lines.push_back(style.bold(cut_end(view.title, columns.width, style.unicode)));
  } else {
    const std::string title = cut_end(view.title, columns.width - clock - 2, style.unicode);
    lines.push_back(style.bold(title) + std::string(columns.width - clock - display_width(title), ' ') +
                    style.dim(view.clock));
  }
  for (const StageLine& stage : view.stages) draw_stage(stage, short_form, columns, style, lines);
  return lines;
}

size_t name_column(const RunView& view) {
  size_t width = 8;
  for (const StageLine& stage : view.stages) {
    width = std::max(width, display_width(stage.name));
    if (!is_open(stage)) continue;
    for (const JobLine& job : stage.jobs) width = std::max(width, display_width(job.name) + 2);
  }
  return std::min(width, kMaxName);
}

}  // namespace

std::vector<std::string> draw(const RunView& view, const Style& style, size_t width, size_t height) {
  const Columns columns{width, name_column(view), width < kNarrow};
  std::vector<std::string> lines = draw_all(view, false, columns, style);
  if (lines.size() > height) lines = draw_all(view, true, columns, style);
  if (lines.size() > height && height > 0) {
    // What runs now is what matters: the newest lines stay, the head of the frame goes.
    lines.erase(lines.begin() + 1,
                lines.begin() + 1 + static_cast<std::ptrdiff_t>(std::min(lines.size() - height, lines.size() - 1)));
    lines.resize(std::min(lines.size(), height));
  }
  if (!style.unicode) std::transform(lines.begin(), lines.end(), lines.begin(), in_ascii);
  return lines;
}

std::string final_lines(const RunView& view, size_t columns) {
  size_t width = 0;
  size_t facts = 0;
  for (const StageLine& stage : view.stages) {
    width = std::max(width, display_width(stage.name));
    facts = std::max(facts, display_width(stage.facts));
  }
  const bool beside = columns == 0 || width + kFinalGap + facts <= columns || columns >= kNarrow;
  std::string text;
  for (const StageLine& stage : view.stages) {
    if (!beside) {
      text += stage.name + '\n' + (stage.facts.empty() ? "" : "  " + stage.facts + '\n');
      continue;
    }
    text += stage.facts.empty() ? stage.name : pad_right(stage.name, width + kFinalGap) + stage.facts;
    text += '\n';
  }
  return text;
}

}  // namespace penstock
