#include "releases/wheel_metadata.h"

#include <gtest/gtest.h>

#include "os/process.h"

namespace penstock {
namespace {

constexpr const char* kMakeWheel = R"py(
import io, sys, zipfile
file = io.BytesIO()
with zipfile.ZipFile(file, "w", int(sys.argv[1])) as wheel:
    wheel.writestr("app/METADATA", "not this one")
    wheel.writestr("app-1.0.dist-info/METADATA", "Name: app\n" + "Requires-Dist: lib>=1\n" * 100)
    wheel.comment = b"packed by a test"
sys.stdout.buffer.write(file.getvalue())
)py";

std::string wheel(const std::string& method) {
  const auto made = os::run({"python3", "-c", kMakeWheel, method});
  return made.ok() ? made->output : std::string();
}

TEST(WheelMetadata, ReadsWhatIsStoredAndWhatIsDeflated) {
  for (const std::string method : {"0", "8"}) {
    const auto metadata = wheel_metadata(wheel(method));
    ASSERT_TRUE(metadata) << "method " << method;
    EXPECT_TRUE(metadata->starts_with("Name: app\nRequires-Dist: lib>=1\n"));
    EXPECT_EQ(metadata->size(), 10U + 100 * 22);
  }
}

TEST(WheelMetadata, KnowsNothingOfOtherFilesAndOfDamagedOnes) {
  EXPECT_FALSE(wheel_metadata(""));
  EXPECT_FALSE(wheel_metadata("no archive at all"));
  const std::string whole = wheel("8");
  EXPECT_FALSE(wheel_metadata(whole.substr(0, whole.size() / 2)));
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0xff);
    (void)wheel_metadata(damaged);  // the sanitizers look on
  }
}

}  // namespace
}  // namespace penstock
