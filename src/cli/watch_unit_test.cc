#include "cli/watch_unit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock {
namespace {

using ::testing::HasSubstr;

TEST(WatchUnit, DrivesThisRepositoryAsAService) {
  const std::string unit = watch_unit("/usr/bin/ci", "/home/ana/shop", "/usr/bin:/bin");
  EXPECT_THAT(unit, HasSubstr("\nExecStart=\"/usr/bin/ci\" -C \"/home/ana/shop\" watch --stay\n"));
  EXPECT_THAT(unit, HasSubstr("\nEnvironment=\"PATH=/usr/bin:/bin\"\n"));
  EXPECT_THAT(unit, HasSubstr("systemctl --user enable --now ci-watch-shop.service\n"));
  EXPECT_THAT(unit, HasSubstr("\n[Install]\nWantedBy=default.target\n"));
}

TEST(WatchUnit, TakesAnyFolder) {
  const std::string unit = watch_unit("/usr/bin/ci", "/home/ana/50% \"off\"\\$now", "/bin");
  EXPECT_THAT(unit, HasSubstr("-C \"/home/ana/50%% \\\"off\\\"\\\\$$now\" watch"));
  EXPECT_THAT(unit, HasSubstr("ci-watch-50---off---now.service"));
}

}  // namespace
}  // namespace penstock
