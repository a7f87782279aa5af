#include "releases/resolve.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "blobs/folder_blob_store.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/process.h"
#include "releases/pinned.h"

namespace penstock {
namespace {

// Makes two wheels without an index: `app`, which depends on `lib`.
constexpr const char* kMakeWheels = R"py(
import sys, zipfile
def wheel(name, requires):
    with zipfile.ZipFile(f"{sys.argv[1]}/{name}-1.0-py3-none-any.whl", "w") as z:
        z.writestr(f"{name}.py", "")
        info = f"{name}-1.0.dist-info"
        z.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n" + requires)
        z.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        z.writestr(f"{info}/RECORD", "")
wheel("app", "Requires-Dist: lib>=1\n")
wheel("lib", "")
)py";

class ResolveTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("resolve_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "index");
    std::filesystem::create_directories(folder_ / "scratch");
    blobs_ = *open_folder_blob_store(folder_ / "blobs");
    const auto tag = os::run({"python3", "-c", std::string(kInterpreterProbe) + "\nimport pip"});
    if (!tag || !tag->status.ok()) GTEST_SKIP() << "this machine has no Python with pip";
    options_.interpreter = tag->output.substr(0, tag->output.find('\n'));
    options_.environment = os::current_environment();
    options_.environment["PIP_NO_INDEX"] = "1";
    options_.environment["PIP_FIND_LINKS"] = (folder_ / "index").string();
    options_.scratch = folder_ / "scratch";
    ASSERT_TRUE(os::run({"python3", "-c", kMakeWheels, (folder_ / "index").string()})->status.ok());
    const std::string wheel = *os::read_file(folder_ / "index/app-1.0-py3-none-any.whl");
    release_.name = "app-1.0";
    release_.artifacts = {{"app-1.0-py3-none-any.whl", *put(*blobs_, wheel), wheel.size()}};
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
  std::unique_ptr<BlobStore> blobs_;
  ResolveOptions options_;
  Release release_;
  os::SystemClock clock_;
};

TEST_F(ResolveTest, KeepsTheWheelsOfAllThatAWheelStandsOn) {
  const auto resolved = resolve_dependencies(*blobs_, release_, options_, clock_);
  ASSERT_TRUE(resolved.ok()) << resolved.error().message;
  EXPECT_EQ(resolved->interpreter, options_.interpreter);
  ASSERT_EQ(resolved->wheels.size(), 1U);
  EXPECT_EQ(resolved->wheels[0].name, "lib-1.0-py3-none-any.whl");
  EXPECT_TRUE(blobs_->has(resolved->wheels[0].digest));
  EXPECT_TRUE(std::filesystem::is_empty(options_.scratch));
}

TEST_F(ResolveTest, ResolvesForAKindOfInterpreterThatThisMachineHasNot) {
  options_.interpreter = "cpython-3.9-cp39-manylinux_2_28_aarch64";
  const auto resolved = resolve_dependencies(*blobs_, release_, options_, clock_);
  ASSERT_TRUE(resolved.ok()) << resolved.error().message;
  EXPECT_EQ(resolved->wheels.size(), 1U);
}

TEST_F(ResolveTest, TellsPipsOwnWordsWhereSomethingIsMissing) {
  std::filesystem::remove(folder_ / "index/lib-1.0-py3-none-any.whl");
  const auto resolved = resolve_dependencies(*blobs_, release_, options_, clock_);
  ASSERT_FALSE(resolved.ok());
  EXPECT_EQ(resolved.error().fault, Fault::user);
  EXPECT_NE(resolved.error().message.find("lib"), std::string::npos) << resolved.error().message;
}

TEST_F(ResolveTest, TellsWhatConflictsWithTheConstraints) {
  options_.constraints = (folder_ / "constraints.txt").string();
  ASSERT_TRUE(os::write_atomically(options_.constraints, "lib==1.1\n").ok());
  const auto resolved = resolve_dependencies(*blobs_, release_, options_, clock_);
  ASSERT_FALSE(resolved.ok());
  EXPECT_NE(resolved.error().message.find("app 1.0 depends on lib>=1"), std::string::npos) << resolved.error().message;
  EXPECT_NE(resolved.error().message.find("(constraint) lib==1.1"), std::string::npos) << resolved.error().message;
}

TEST_F(ResolveTest, TakesWhatAnEarlierReleaseWasResolvedToWhereAllIsPinned) {
  options_.constraints = (folder_ / "constraints.txt").string();
  ASSERT_TRUE(os::write_atomically(options_.constraints, "Lib == 1.0  # as staging has it\n").ok());
  const auto inputs = resolution_inputs(*blobs_, release_, options_);
  ASSERT_TRUE(inputs.ok() && !inputs->empty());
  const auto resolved = resolve_dependencies(*blobs_, release_, options_, clock_, *inputs);
  ASSERT_TRUE(resolved.ok()) << resolved.error().message;
  Release earlier;
  earlier.dependencies = {*resolved};
  EXPECT_EQ(resolved_before(*blobs_, *inputs, options_.interpreter, {earlier}), *resolved);
  EXPECT_FALSE(resolved_before(*blobs_, *inputs, "cpython-3.9-cp39-manylinux_2_28_aarch64", {earlier}));
  ASSERT_TRUE(os::write_atomically(options_.constraints, "lib==1.1\n").ok());
  EXPECT_NE(*resolution_inputs(*blobs_, release_, options_), *inputs);
  earlier.dependencies[0].wheels[0].digest = sha256("gone");
  EXPECT_FALSE(resolved_before(*blobs_, *inputs, options_.interpreter, {earlier}));
}

TEST_F(ResolveTest, ResolvesAnewWhereAVersionIsLeftOpen) {
  options_.constraints = (folder_ / "constraints.txt").string();
  ASSERT_TRUE(os::write_atomically(options_.constraints, "lib>=1\n").ok());
  const auto inputs = resolution_inputs(*blobs_, release_, options_);
  ASSERT_TRUE(inputs.ok() && !inputs->empty());
  const auto resolved = resolve_dependencies(*blobs_, release_, options_, clock_, *inputs);
  ASSERT_TRUE(resolved.ok()) << resolved.error().message;
  EXPECT_EQ(resolved->inputs, "");
  options_.constraints.clear();
  EXPECT_EQ(*resolution_inputs(*blobs_, release_, options_), "");
}

TEST(Pinned, ComparesNamesAsWheelsWriteThem) {
  const std::vector<ReleaseFile> wheels = {{"MarkupSafe-3.0.2-cp311-cp311-linux_x86_64.whl", {}, 1},
                                           {"zope_interface-7.0-py3-none-any.whl", {}, 1}};
  EXPECT_TRUE(are_pinned(wheels, "markupsafe==3.0.2\nzope.interface == 7.0 ; python_version > '3'\n"));
  EXPECT_FALSE(are_pinned(wheels, "markupsafe==3.0.*\nzope.interface==7.0\n"));
  EXPECT_FALSE(are_pinned(wheels, "markupsafe==3.0.2\n# zope.interface==7.0\n"));
}

}  // namespace
}  // namespace penstock
