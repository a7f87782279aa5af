#include "runner/job_log.h"

#include <utility>

#include "runner/coverage.h"
#include "runner/runner.h"

namespace penstock {

JobLog::JobLog(JobSink& sink, Redactor redactor, std::function<void()> on_failure)
    : sink_(sink), redactor_(std::move(redactor)), on_failure_(std::move(on_failure)) {}

void JobLog::write(std::string_view piece) {
  if (piece.empty()) return;
  in_line_ = piece.back() != '\n';
  if (redactor_.empty()) return hand_over(piece);
  masked_.clear();
  redactor_.feed(piece, masked_);
  hand_over(masked_);
}

void JobLog::line(std::string_view text) {
  std::string whole = in_line_ ? "\n" : "";
  whole.append(text).push_back('\n');
  write(whole);
  flush();
}

void JobLog::flush() {
  masked_.clear();
  redactor_.finish(masked_);
  hand_over(masked_);
}

void JobLog::hand_over(std::string_view masked) {
  if (masked.empty() || error_) return;
  if (scanner_ != nullptr) scanner_->feed(masked);
  auto taken = sink_.log(masked);
  if (taken.ok()) {
    bytes_ += masked.size();
    return;
  }
  error_ = std::move(taken).error();
  if (on_failure_) on_failure_();
}

}  // namespace penstock
