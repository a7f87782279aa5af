#include "runner/junit.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "runner/xml.h"

namespace penstock {
namespace {

constexpr size_t kMostFailures = 1000;
constexpr size_t kLongestDetails = size_t{64} << 10;
constexpr size_t kLongestText = size_t{4} << 10;

std::string cut(std::string_view text, size_t limit = kLongestText) { return std::string(text.substr(0, limit)); }

double seconds_of(std::string_view text) {
  // Some tools write `1,234.5`.
  std::string plain = cut(text, 40);
  std::erase(plain, ',');
  const double seconds = std::strtod(plain.c_str(), nullptr);
  return seconds >= 0 && seconds < 1e9 ? seconds : 0;
}

int line_number(std::string_view text) {
  int line = 0;
  std::from_chars(text.data(), text.data() + text.size(), line);
  return std::max(line, 0);
}

struct Place {
  std::string file;
  int line = 0;
};

/// `tests/test_cart.py:41: AssertionError`: the last line of a traceback that begins so, with a file of the project.
Place place_in(std::string_view details, const FileExists& exists) {
  while (!details.empty()) {
    const size_t begin = details.rfind('\n') + 1;  // npos + 1 is 0
    const std::string_view line = details.substr(begin);
    details = details.substr(0, begin == 0 ? 0 : begin - 1);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon > 500) continue;
    const size_t end = line.find_first_not_of("0123456789", colon + 1);
    if (end == colon + 1 || end == std::string_view::npos || line[end] != ':') continue;
    std::string file(line.substr(0, colon));
    if (file.find(' ') != std::string::npos || !exists(file)) continue;
    return {std::move(file), line_number(line.substr(colon + 1))};
  }
  return {};
}

/// `tests.test_cart.TestCart` → `tests/test_cart.py` where that is a file; else shorter, else nothing.
std::string module_file(std::string_view class_name, const FileExists& exists) {
  for (std::string_view module = class_name; !module.empty();) {
    std::string path(module);
    std::replace(path.begin(), path.end(), '.', '/');
    path += ".py";
    if (exists(path)) return path;
    const size_t dot = module.rfind('.');
    module = module.substr(0, dot == std::string_view::npos ? 0 : dot);
  }
  return {};
}

/// How pytest itself names a test: file, classes, function.
std::string node_name(const std::string& file, std::string_view class_name, const std::string& name) {
  std::string module = file.substr(0, file.rfind('.'));
  std::replace(module.begin(), module.end(), '/', '.');
  std::string node = file;
  if (class_name.starts_with(module + ".")) {
    std::string classes(class_name.substr(module.size()));
    for (size_t dot = 0; (dot = classes.find('.', dot)) != std::string::npos; dot += 2) classes.replace(dot, 1, "::");
    node += classes;
  }
  return node + "::" + name;
}

class JunitReader final : public XmlHandler {
 public:
  explicit JunitReader(const FileExists& exists) : exists_(exists) {}

  TestSummary tests;

  void open(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "testcase") {
      begin_case(attributes);
    } else if (in_case_ && (name == "failure" || name == "error")) {
      // Of several the first counts; pytest reports an error at teardown after the failure itself.
      if (verdict_ == Verdict::failed || verdict_ == Verdict::error) return;
      verdict_ = name == "failure" ? Verdict::failed : Verdict::error;
      failure_.message = cut(attributes.get("message"));
      in_details_ = true;
    } else if (in_case_ && name == "skipped" && verdict_ == Verdict::passed) {
      verdict_ = Verdict::skipped;
    }
  }

  void close(std::string_view name) override {
    if (name == "failure" || name == "error") in_details_ = false;
    if (name == "testcase" && in_case_) end_case();
  }

  void text(std::string_view piece) override {
    if (in_details_) failure_.details += piece.substr(0, kLongestDetails - failure_.details.size());
  }

 private:
  enum class Verdict { passed, failed, error, skipped };

  void begin_case(const XmlAttributes& attributes) {
    in_case_ = true;
    verdict_ = Verdict::passed;
    failure_ = {};
    class_name_ = cut(attributes.get("classname"));
    failure_.name = cut(attributes.get("name"));
    failure_.file = cut(attributes.get("file"));
    failure_.line = line_number(attributes.get("line"));
    tests.seconds += seconds_of(attributes.get("time"));
  }

  void end_case() {
    in_case_ = in_details_ = false;
    tests.passed += verdict_ == Verdict::passed;
    tests.failed += verdict_ == Verdict::failed;
    tests.errors += verdict_ == Verdict::error;
    tests.skipped += verdict_ == Verdict::skipped;
    const bool bad = verdict_ == Verdict::failed || verdict_ == Verdict::error;
    if (!bad || tests.failures.size() == kMostFailures) return;
    locate();
    tests.failures.push_back(std::move(failure_));
  }

  void locate() {
    if (failure_.file.empty()) failure_.file = module_file(class_name_, exists_);
    if (!failure_.file.empty()) {
      failure_.name = node_name(failure_.file, class_name_, failure_.name);
    } else if (!class_name_.empty()) {
      failure_.name = class_name_ + "." + failure_.name;
    }
    if (Place place = place_in(failure_.details, exists_); place.line != 0) {
      failure_.file = std::move(place.file);
      failure_.line = place.line;
    }
    if (failure_.message.empty()) {
      const size_t begin = failure_.details.find_first_not_of(" \t\r\n");
      if (begin == std::string::npos) return;
      failure_.message = cut(failure_.details.substr(begin, failure_.details.find('\n', begin) - begin));
    }
  }

  const FileExists& exists_;
  bool in_case_ = false;
  bool in_details_ = false;
  Verdict verdict_ = Verdict::passed;
  std::string class_name_;
  FailedTest failure_;
};

void add(TestSummary&& more, TestSummary& tests) {
  tests.passed += more.passed;
  tests.failed += more.failed;
  tests.errors += more.errors;
  tests.skipped += more.skipped;
  tests.seconds += more.seconds;
  for (FailedTest& failure : more.failures) {
    if (tests.failures.size() < kMostFailures) tests.failures.push_back(std::move(failure));
  }
}

}  // namespace

Result<> read_junit(const PieceSource& source, const FileExists& exists, TestSummary& tests) {
  JunitReader reader(exists);
  XmlParser parser(reader);
  PENSTOCK_CHECK(source([&](std::string_view piece) { return parser.feed(piece); }));
  PENSTOCK_CHECK(parser.finish());
  add(std::move(reader.tests), tests);
  return success();
}

}  // namespace penstock
