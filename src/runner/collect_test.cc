#include "runner/collect.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(Collector, LeavesOutWhatIsMountedInTheProject) {
  const os::UniqueFd root(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Collector collector(root.get(), "/", LinkRule{});
  ASSERT_TRUE(collector.add("proc").ok());
  EXPECT_TRUE(collector.paths().empty());
  ASSERT_EQ(collector.notes().size(), 1u);
  EXPECT_NE(collector.notes()[0].find("`proc` is left out"), std::string::npos);
}

TEST(Collector, RefusesByNameWhatLeadsOut) {
  const os::UniqueFd root(::open("/usr", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Collector collector(root.get(), "/usr", LinkRule{});
  for (const std::string pattern : {"..", "bin/../../etc", "/etc", "/usrlocal", "**/../../etc/../.."}) {
    const auto added = collector.add(pattern);
    ASSERT_FALSE(added.ok()) << pattern;
    EXPECT_NE(added.error().message.find("`" + pattern + "`"), std::string::npos);
  }
  EXPECT_TRUE(collector.add("/usr/no/such/file").ok());
}

}  // namespace
}  // namespace penstock
