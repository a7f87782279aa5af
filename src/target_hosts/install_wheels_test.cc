#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "target_hosts/testing/hosts_fixture.h"

namespace penstock {
namespace {

using testing::HasSubstr;

class InstalledWheels : public PreparedHosts {};

TEST_F(InstalledWheels, InstallAWheelWithItsDependenciesFromTheReleaseAlone) {
  const Release release = wheel_release("1.0");
  spec_.application.run = "python -c 'from app import main; main()'";
  open();
  bring_up(instance(0, release), release);
  EXPECT_THAT(get(ports_[0]), HasSubstr(release.id));
}

TEST_F(InstalledWheels, GiveAWheelsCommandThePythonOfItsRelease) {
  const Release release = wheel_release("1.0");
  spec_.application.run = "run-app";
  open();
  bring_up(instance(0, release), release);
  EXPECT_THAT(get(ports_[0]), HasSubstr(release.id));
}

TEST_F(InstalledWheels, UnpackAWheelOnceForAllReleasesAndOnlyAsLongAsOneHasIt) {
  const auto unpacked = [&] {
    std::map<std::string, ino_t> found;
    for (const auto& each : std::filesystem::directory_iterator(folder_.path() / "env" / "unpacked")) {
      struct stat status {};
      EXPECT_EQ(::stat(each.path().c_str(), &status), 0);
      found[each.path().filename().string()] = status.st_ino;
    }
    return found;
  };
  const Release one = wheel_release("1.0");
  const Release two = wheel_release("2.0");
  ASSERT_TRUE(target_->prepare("local", one).ok());
  const auto first = unpacked();
  EXPECT_EQ(first.size(), 2u);
  ASSERT_TRUE(target_->prepare("local", two).ok());
  const auto both = unpacked();
  EXPECT_EQ(both.size(), 3u);
  EXPECT_TRUE(std::includes(both.begin(), both.end(), first.begin(), first.end()));
  ASSERT_TRUE(target_->tidy("local", {two.id}).ok());
  EXPECT_EQ(unpacked().size(), 2u);
  bring_up(instance(0, two), two);
  EXPECT_THAT(get(ports_[0]), HasSubstr(two.id));
}

TEST_F(InstalledWheels, LeaveAWheelWithAFolderOfDataToPip) {
  const Release release = wheel_release("1.0", "#!python\nfrom app import main\nmain()\n");
  spec_.application.run = "script-app";
  open();
  bring_up(instance(0, release), release);
  EXPECT_THAT(get(ports_[0]), HasSubstr(release.id));
}

TEST_F(InstalledWheels, TouchNothingOnAHostWhoseInterpreterTheReleaseWasNotResolvedFor) {
  Release release = wheel_release("1.0");
  release.dependencies[0].interpreter = "cpython-2.7-cp27m-manylinux_2_5_x86_64";
  Result<> prepared = target_->prepare("local", release);
  ASSERT_FALSE(prepared.ok());
  EXPECT_EQ(prepared.error().fault, Fault::user);
  EXPECT_THAT(prepared.error().message, HasSubstr("local has cpython-3."));
  EXPECT_THAT(prepared.error().message, HasSubstr("was resolved for cpython-2.7"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "env" / "releases"));
}

TEST_F(InstalledWheels, RefuseAWheelThatIsNotWhatItsReleaseSays) {
  Release release = wheel_release("1.0");
  const ReleaseFile other = keep("serve-1.2-py3-none-any.whl", "something else");
  release.dependencies[0].wheels[0].size = other.size;  // the digest is still the real one's
  Result<> prepared = target_->prepare("local", release);
  ASSERT_FALSE(prepared.ok());
  EXPECT_THAT(prepared.error().message, HasSubstr("damaged"));
}

}  // namespace
}  // namespace penstock
