#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/diagnostic.h"
#include "dialect_gitlab/gitlab.h"
#include "dialect_gitlab/testing/memory_sources.h"
#include "plan/json.h"

/// Each testdata/NAME.yml compiles to NAME.json (the plan, a member a line) or to NAME.err (the diagnostics as they are
/// shown). Files of the folder NAME/ are the rest of its project. Lines such as `#: changed: app.py` at its top set the
/// scene:
///
///     #: set: CI_COMMIT_TAG=v1        a predefined variable
///     #: variable: DEPLOY=yes         a variable given with the pipeline
///     #: secret: TOKEN                a secret
///     #: changed: app.py lib/a.py     the changed files
///
/// PENSTOCK_RENEW=1 writes what comes out instead of comparing.
namespace penstock::gitlab {
namespace {

namespace fs = std::filesystem;
const fs::path kData = "src/dialect_gitlab/testdata";

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Variable given(const std::string& text, bool raw) {
  size_t equals = text.find('=');
  return {text.substr(0, equals), text.substr(equals + 1), raw, false, false};
}

void set_scene(const std::string& text, CompileRequest& request, MemorySources& sources) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line) && line.starts_with("#: ");) {
    std::string key = line.substr(3, line.find(':', 3) - 3);
    std::string value = line.substr(line.find(':', 3) + 2);
    if (key == "set") request.predefined.push_back(given(value, true));
    if (key == "variable") request.pipeline_variables.push_back(given(value, false));
    if (key == "secret") request.pipeline_variables.push_back({value, "", false, false, true});
    if (key != "changed") continue;
    sources.changed.emplace();
    std::istringstream words(value);
    for (std::string word; words >> word;) sources.changed->push_back(word);
    std::sort(sources.changed->begin(), sources.changed->end());
  }
}

/// Breaks compact JSON into lines, so that a difference reads well.
std::string in_lines(const std::string& json) {
  std::string text;
  size_t depth = 0;
  bool in_string = false;
  auto line = [&] { text += '\n' + std::string(2 * depth, ' '); };
  for (size_t i = 0; i < json.size(); ++i) {
    char c = json[i];
    if (in_string) {
      text += c;
      if (c == '\\') text += json[++i];
      in_string = c != '"';
      continue;
    }
    if (c == '}' || c == ']') {
      --depth;
      if (json[i - 1] != '{' && json[i - 1] != '[') line();
    }
    text += c;
    if (c == '{' || c == '[') ++depth;
    if ((c == '{' || c == '[' || c == ',') && json[i + 1] != '}' && json[i + 1] != ']') line();
    if (c == ':') text += ' ';
    in_string = c == '"';
  }
  return text + "\n";
}

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(kData)) {
    if (entry.path().extension() == ".yml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, CompilesToWhatItsFileSays) {
  std::string text = read_text(kData / (GetParam() + ".yml"));
  MemorySources sources;
  CompileRequest request;
  request.path = ".gitlab-ci.yml";
  request.predefined = push_variables();
  sources.files[".gitlab-ci.yml"] = text;
  if (fs::path folder = kData / GetParam(); fs::is_directory(folder)) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) sources.files[fs::relative(entry.path(), folder).string()] = read_text(entry.path());
    }
  }
  set_scene(text, request, sources);
  CompileResult result = GitLabDialect().compile(request, sources);
  ASSERT_EQ(has_errors(result.diagnostics),
            !result.plan.has_value() && result.workflow.summary.find("no pipeline") == std::string::npos);

  std::string shown = render(result.diagnostics, {});
  if (result.plan) shown += in_lines(to_json(*result.plan));
  if (shown.empty()) shown = result.workflow.summary + "\n";
  fs::path expected = kData / (GetParam() + (has_errors(result.diagnostics) ? ".err" : ".json"));
  if (std::getenv("PENSTOCK_RENEW") != nullptr) {
    std::ofstream(expected, std::ios::binary) << shown;
    GTEST_SKIP() << "renewed " << expected;
  }
  EXPECT_EQ(shown, read_text(expected)) << "renew with PENSTOCK_RENEW=1";
}

std::string case_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Plans, Golden, testing::ValuesIn(cases()), case_name);

}  // namespace
}  // namespace penstock::gitlab
