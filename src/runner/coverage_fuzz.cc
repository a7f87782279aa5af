#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "runner/coverage.h"

/// The input: a regex in the first line, then a log. However the log is cut, it tells the same coverage.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penstock;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t end = input.find('\n');
  if (end == std::string_view::npos || end > 200) return 0;
  const std::string regex(input.substr(0, end));
  const std::string_view log = input.substr(end + 1);
  auto whole = CoverageScanner::make(regex);
  auto cut = CoverageScanner::make(regex);
  if (whole.ok() != cut.ok()) std::abort();
  if (!whole.ok()) return 0;
  (*whole)->feed(log);
  for (size_t at = 0; at < log.size(); at += 3) (*cut)->feed(log.substr(at, 3));
  if ((*whole)->finish() != (*cut)->finish()) std::abort();
  return 0;
}
