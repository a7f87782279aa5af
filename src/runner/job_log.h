#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/redact.h"
#include "base/result.h"

namespace penstock {

class CoverageScanner;
class JobSink;

/// What a job prints and what we say of it, on its way to the sink: masked, counted, scanned for the coverage; in
/// constant memory.
class JobLog {
 public:
  /// `on_failure` is called once, when the sink takes no more (the disk is full): the job must not run on unseen.
  JobLog(JobSink& sink, Redactor redactor, std::function<void()> on_failure);

  void scan_with(CoverageScanner& scanner) { scanner_ = &scanner; }
  void write(std::string_view piece);
  /// A line of ours, at the start of a line.
  void line(std::string_view text);
  /// Writes what the redactor holds back: between two shells, and at the end.
  void flush();

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }
  /// For texts that leave by another way than the log.
  [[nodiscard]] std::string masked(std::string_view text) const { return redactor_.redact(text); }

 private:
  void hand_over(std::string_view masked);

  JobSink& sink_;
  Redactor redactor_;
  std::function<void()> on_failure_;
  CoverageScanner* scanner_ = nullptr;
  std::string masked_;
  uint64_t bytes_ = 0;
  bool in_line_ = false;
  std::optional<Error> error_;
};

}  // namespace penstock
