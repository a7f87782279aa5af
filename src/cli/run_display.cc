#include "cli/run_display.h"

#include <mutex>
#include <utility>

#include "base/text_width.h"
#include "cli/job_waits.h"
#include "cli/line_text.h"
#include "cli/run_report.h"
#include "cli/when.h"
#include "os/clock.h"

namespace penstock {
namespace {

/// On a terminal: one frame, redrawn in place.
class LiveDisplay final : public RunDisplay {
 public:
  explicit LiveDisplay(Parts parts) : RunDisplay(std::move(parts)) {}

  void driving(const RunHeader& record, const Run& run) override {
    const std::lock_guard lock(mutex_);
    id_ = record.id;
    title_ = title_of(record);
    clock_ = to_clock(parts_.clock.now(), true);
    draw_frame(run);
  }
  void job_changed(const Run& run, size_t job) override {
    const std::lock_guard lock(mutex_);
    if (has_ended(run.state(job).status)) attempts_.erase(job);
    run_ = &run;
    dirty_ = true;
  }
  void attempt_started(const Run& run, size_t job, int64_t attempt_id) override {
    const std::lock_guard lock(mutex_);
    run_ = &run;
    attempts_[job] = attempt_id;
  }
  void attempt_ended(const Run& run, size_t job, int64_t /*attempt_id*/, const JobResult& result) override {
    const std::lock_guard lock(mutex_);
    run_ = &run;
    results_.insert_or_assign(job, result);
  }
  void notice(std::string_view text) override {
    const std::lock_guard lock(mutex_);
    const std::string line = parts_.outputs.err.style.yellow("note:") + " " + printable(text) + "\r\n";
    if (suspended_) {
      held_back_ += line;
    } else {
      parts_.outputs.err.write(printer_.print_above(line));
    }
  }
  void output(int64_t /*attempt_id*/, std::string_view /*piece*/) override {}
  void tick() override {
    const std::lock_guard lock(mutex_);
    if (run_ != nullptr) draw_frame(*run_);
  }
  void resized() override {
    const std::lock_guard lock(mutex_);
    printer_.resized(parts_.outputs.err.width());
    if (run_ != nullptr) draw_frame(*run_);
  }
  void finish() override {
    const std::lock_guard lock(mutex_);
    parts_.outputs.err.write(printer_.clear());
    run_ = nullptr;
  }
  void suspend() override {
    const std::lock_guard lock(mutex_);
    parts_.outputs.err.write(printer_.clear());
    suspended_ = true;
  }
  void resume() override {
    const std::lock_guard lock(mutex_);
    suspended_ = false;
    printer_.resized(parts_.outputs.err.width());
    parts_.outputs.err.write(std::exchange(held_back_, {}));
  }

 private:
  void draw_frame(const Run& run) {
    run_ = &run;
    if (suspended_) return;
    LiveFacts live;
    live.slots = parts_.slots;
    live.earlier = parts_.earlier;
    for (const auto& [job, attempt] : attempts_) {
      if (parts_.last_line) live.last_lines[job] = parts_.last_line(attempt);
    }
    for (const std::string& line : new_waits(id_, run, live.waits)) {
      parts_.outputs.err.write(
          printer_.print_above(parts_.outputs.err.style.mark(Mark::waiting) + " " + line + "\r\n"));
    }
    RunView view = view_of(run, results_, live, parts_.clock.now());
    view.title = title_;
    view.clock = clock_;
    const Output& err = parts_.outputs.err;
    const size_t height = err.height();
    printer_.resized(err.width());  // the signal that says so may be on its way still
    err.write(printer_.show(draw(view, err.style, err.width(), height > 1 ? height - 1 : 1)));
    dirty_ = false;
  }

  std::mutex mutex_;  // guards all: a job's thread may suspend
  bool suspended_ = false;
  std::string held_back_;
  LivePrinter printer_;
  int64_t id_ = 0;
  const Run* run_ = nullptr;
  std::map<size_t, int64_t> attempts_;
  std::string title_;
  std::string clock_;
  bool dirty_ = false;
};

/// Elsewhere: each line of each job with its name, and a line when a job starts and ends.
class PlainDisplay final : public RunDisplay {
 public:
  explicit PlainDisplay(Parts parts) : RunDisplay(std::move(parts)), lines_(parts_.outputs.err) {}

  void driving(const RunHeader& record, const Run& run) override {
    id_ = record.id;
    run_ = &run;
    lines_.line(parts_.outputs.err.style.unicode ? title_of(record) : in_ascii(title_of(record)));
  }
  void attempt_started(const Run& run, size_t job, int64_t attempt_id) override {
    lines_.begin(attempt_id, parts_.prefix + run.job(job).name);
  }
  void attempt_ended(const Run& /*run*/, size_t job, int64_t attempt_id, const JobResult& result) override {
    lines_.end(attempt_id);
    results_.insert_or_assign(job, result);
  }
  void job_changed(const Run& run, size_t job) override {
    const JobState& state = run.state(job);
    const Style& style = parts_.outputs.err.style;
    const std::string name = printable(parts_.prefix + run.job(job).name);
    if (state.status == Status::manual) lines_.line(style.mark(Mark::person) + " " + name + "   waits for approval");
    if (state.status == Status::scheduled && state.due_at) {
      lines_.line(style.mark(Mark::waiting) + " " + name + "   starts at " +
                  to_start(*state.due_at, parts_.clock.now()));
    }
    if (state.status == Status::skipped)
      lines_.line(style.mark(Mark::skipped) + " " + name + "   " +
                  (state.why.empty() ? "skipped" : printable(state.why)));
    if (!has_ended(state.status) || state.status == Status::skipped) return;
    std::string text = style.mark(job_mark(run, job)) + " " + name;
    if (state.started_at && state.ended_at) text += "   " + to_words(*state.ended_at - *state.started_at);
    if (state.outcome && state.status != Status::success)
      text += "   " + std::string(sentence_of(state.outcome->reason));
    lines_.line(text);
  }
  void notice(std::string_view text) override { lines_.line("note: " + printable(text)); }
  void output(int64_t attempt_id, std::string_view piece) override { lines_.write(attempt_id, piece); }
  void tick() override {
    if (run_ == nullptr) return;
    std::map<size_t, std::string> waits;
    for (const std::string& line : new_waits(id_, *run_, waits))
      lines_.line(parts_.outputs.err.style.mark(Mark::waiting) + " " + line);
  }
  void finish() override { run_ = nullptr; }

 private:
  JobLines lines_;
  int64_t id_ = 0;
  const Run* run_ = nullptr;
};

}  // namespace

std::vector<std::string> RunDisplay::new_waits(int64_t id, const Run& run, std::map<size_t, std::string>& waits) {
  std::vector<std::string> lines;
  if (parts_.waits) waits = parts_.waits(id, run);
  for (const auto& [job, words] : waits) {
    const auto [told, is_new] = told_waits_.emplace(job, words);
    if (!is_new && std::exchange(told->second, words) == words) continue;
    lines.push_back(printable(parts_.prefix + run.job(job).name + "   " + words));
  }
  std::erase_if(told_waits_, [&](const auto& one) { return !waits.contains(one.first); });
  const std::string slots = slot_waits(run, parts_.slots, parts_.clock.now());
  if (!std::exchange(told_slots_, !slots.empty()) && !slots.empty()) lines.push_back(printable(parts_.prefix + slots));
  return lines;
}

std::unique_ptr<RunDisplay> RunDisplay::make(Parts parts) {
  if (parts.outputs.err.is_terminal) return std::make_unique<LiveDisplay>(std::move(parts));
  return std::make_unique<PlainDisplay>(std::move(parts));
}

}  // namespace penstock
