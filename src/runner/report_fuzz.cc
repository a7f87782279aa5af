#include <cstdint>
#include <cstdlib>

#include "runner/coverage.h"
#include "runner/dotenv.h"
#include "runner/junit.h"

/// Whatever a job writes as a report is read or refused, and what is read stays within the promised limits.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penstock;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const size_t cut = text.size() * data[0] / 255;
  const PieceSource pieces = [&](const std::function<Result<>(std::string_view piece)>& take) -> Result<> {
    PENSTOCK_CHECK(take(text.substr(0, cut)));
    return take(text.substr(cut));
  };
  TestSummary tests;
  const auto exists = [](const std::string& path) { return path.size() % 2 == 0; };
  (void)read_junit(pieces, exists, tests);
  for (const FailedTest& failure : tests.failures) {
    if (failure.details.size() > 65536 || failure.line < 0) std::abort();
  }
  if (const auto percent = read_coverage_report(pieces); percent.ok() && *percent && !(**percent >= 0)) std::abort();
  if (const auto variables = parse_dotenv(text, "x"); variables.ok() && variables->size() > 20) std::abort();
  return 0;
}
