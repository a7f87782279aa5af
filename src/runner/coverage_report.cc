#include <cstdlib>
#include <string>

#include "runner/coverage.h"
#include "runner/xml.h"

namespace penstock {
namespace {

std::optional<double> number(std::string_view text) {
  const std::string plain(text.substr(0, 40));
  char* end = nullptr;
  const double value = std::strtod(plain.c_str(), &end);
  if (plain.empty() || *end != '\0' || !(value >= 0 && value < 1e15)) return std::nullopt;
  return value;
}

/// What the root of a Cobertura report says, or the sum that JaCoCo puts below its root.
class CoverageReader final : public XmlHandler {
 public:
  std::optional<double> percent;

  void open(std::string_view name, const XmlAttributes& attributes) override {
    ++depth_;
    if (depth_ == 1 && name == "coverage") {
      const auto rate = number(attributes.get("line-rate"));
      if (rate) percent = *rate * 100;
      // Finer than a rate that tools round to two digits.
      share(number(attributes.get("lines-covered")), number(attributes.get("lines-valid")));
    }
    if (depth_ == 2 && name == "counter" && attributes.get("type") == "LINE") {
      const auto missed = number(attributes.get("missed"));
      const auto covered = number(attributes.get("covered"));
      if (missed && covered) share(covered, *missed + *covered);
    }
  }
  void close(std::string_view) override { --depth_; }
  void text(std::string_view) override {}

 private:
  void share(std::optional<double> covered, std::optional<double> all) {
    if (covered && all && *all > 0 && *covered <= *all) percent = *covered / *all * 100;
  }
  int depth_ = 0;
};

}  // namespace

Result<std::optional<double>> read_coverage_report(const PieceSource& source) {
  CoverageReader reader;
  XmlParser parser(reader);
  PENSTOCK_CHECK(source([&](std::string_view piece) { return parser.feed(piece); }));
  PENSTOCK_CHECK(parser.finish());
  return reader.percent;
}

}  // namespace penstock
