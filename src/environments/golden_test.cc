#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "environments/compile.h"
#include "environments/json.h"
#include "environments/testing/fixed_zones.h"

namespace penstock {
namespace {

namespace fs = std::filesystem;
const fs::path kData = "src/environments/testdata";

std::string read_text(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
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
  FixedZones zones;
  const std::string text = read_text(kData / (GetParam() + ".yml"));
  const CompiledEnvironments result =
      compile_environments(std::make_shared<const SourceFile>(SourceFile{std::string(kEnvironmentsPath), text}), zones);
  ASSERT_EQ(has_errors(result.diagnostics), !result.file.has_value());
  std::string shown = render(result.diagnostics, {});
  if (result.file) {
    for (const EnvironmentSpec& spec : result.file->environments) {
      shown += nlohmann::ordered_json::parse(to_json(spec)).dump(2) + "\n";
      Result<EnvironmentSpec> again = environment_from_json(to_json(spec));
      ASSERT_TRUE(again.ok()) << again.error().message;
      again->location = spec.location;
      EXPECT_TRUE(*again == spec) << spec.name << " changes on its way through JSON";
    }
  }
  const fs::path expected = kData / (GetParam() + (result.file ? ".json" : ".err"));
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

INSTANTIATE_TEST_SUITE_P(Environments, Golden, testing::ValuesIn(cases()), case_name);

}  // namespace
}  // namespace penstock
