#include "runner/coverage.h"

#include <re2/re2.h>

#include <cstdlib>
#include <utility>
#include <vector>

namespace penstock {
namespace {

constexpr size_t kLongestLine = size_t{64} << 10;

/// The first `12` or `12.5` in the text.
std::optional<double> first_number(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  const size_t begin = text.find_first_of(kDigits);
  if (begin == std::string_view::npos) return std::nullopt;
  size_t end = std::min(text.find_first_not_of(kDigits, begin), text.size());
  if (end + 1 < text.size() && text[end] == '.' && kDigits.find(text[end + 1]) != std::string_view::npos) {
    end = std::min(text.find_first_not_of(kDigits, end + 1), text.size());
  }
  return std::strtod(std::string(text.substr(begin, end - begin)).c_str(), nullptr);
}

RE2::Options options() {
  RE2::Options options;
  options.set_log_errors(false);
  return options;
}

class Scanner final : public CoverageScanner {
 public:
  explicit Scanner(const std::string& regex)
      : regex_(regex, options()), groups_(static_cast<size_t>(1 + regex_.NumberOfCapturingGroups())) {}

  [[nodiscard]] const RE2& regex() const { return regex_; }

  void feed(std::string_view piece) override {
    while (!piece.empty()) {
      const size_t end = piece.find('\n');
      if (end == std::string_view::npos) {
        begun_ += piece.substr(0, kLongestLine - begun_.size());
        return;
      }
      if (begun_.empty()) {
        look_at(piece.substr(0, std::min(end, kLongestLine)));
      } else {
        begun_ += piece.substr(0, std::min(end, kLongestLine - begun_.size()));
        look_at(begun_);
        begun_.clear();
      }
      piece.remove_prefix(end + 1);
    }
  }

  std::optional<double> finish() override {
    if (!begun_.empty()) look_at(begun_);
    begun_.clear();
    return found_;
  }

 private:
  void look_at(std::string_view line) {
    const re2::StringPiece text(line.data(), line.size());
    std::optional<re2::StringPiece> last;
    for (size_t at = 0; at <= line.size();) {
      if (!regex_.Match(text, at, line.size(), RE2::UNANCHORED, groups_.data(), static_cast<int>(groups_.size())))
        break;
      last = groups_.back();
      const auto end = static_cast<size_t>(groups_[0].data() - line.data()) + groups_[0].size();
      at = groups_[0].empty() ? end + 1 : end;
    }
    if (!last || last->data() == nullptr) return;
    if (const auto number = first_number({last->data(), last->size()})) found_ = number;
  }

  RE2 regex_;
  std::vector<re2::StringPiece> groups_;
  std::string begun_;  // a line whose end hasn't come
  std::optional<double> found_;
};

}  // namespace

Result<std::unique_ptr<CoverageScanner>> CoverageScanner::make(const std::string& regex) {
  auto scanner = std::make_unique<Scanner>(regex);
  if (!scanner->regex().ok()) {
    return Error{Fault::user, "`coverage: /" + regex + "/` is no regular expression: " + scanner->regex().error(), ""};
  }
  return std::unique_ptr<CoverageScanner>(std::move(scanner));
}

}  // namespace penstock
