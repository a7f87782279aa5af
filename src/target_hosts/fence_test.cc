#include <gmock/gmock.h>

#include <filesystem>
#include <future>

#include "delivery/ledger.h"
#include "target_hosts/testing/hosts_fixture.h"

namespace penstock {
namespace {

using testing::HasSubstr;

class FencedHosts : public PreparedHosts {};

LeaseHolder holder(const std::string& who, int64_t fence) { return {who + " on laptop", "app-1", {}, {}, fence}; }

TEST_F(FencedHosts, ChangeNothingForOneWhoseEnvironmentSomebodyElseHasTaken) {
  const Release release = script_release("1");
  ASSERT_EQ(target_->raise_fence(holder("ana", 7)).value(), 7);
  bring_up(instance(0, release), release);
  shift({{instance(0, release).address, 10000}});
  HostPool bobs_pool;
  const auto bobs = make_hosts_target({spec_, bobs_pool, *blobs_, secrets_});
  ASSERT_EQ(bobs->raise_fence(holder("bob", 8)).value(), 8);
  EXPECT_EQ(target_->refused_for(), std::nullopt);

  const Result<> started = target_->start(instance(1, release));
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().message, HasSubstr("belongs to bob on laptop now"));
  EXPECT_EQ(target_->refused_for(), "bob on laptop");
  EXPECT_FALSE(target_->stop(instance(0, release)).ok());
  EXPECT_FALSE(target_->shift({}).ok());
  EXPECT_FALSE(target_->tidy("local", {}).ok());
  EXPECT_FALSE(target_->prepare("local", script_release("2")).ok());
  EXPECT_THAT(get(front_), HasSubstr(release.id));
  EXPECT_EQ(target_->observe()->size(), 1u);

  EXPECT_EQ(target_->raise_fence(holder("ana", 7)).value(), 8) << "it stays bob's";
  EXPECT_TRUE(bobs->start(instance(1, release)).ok());
  EXPECT_TRUE(bobs->stop(instance(1, release)).ok());
}

TEST_F(FencedHosts, AreTakenOverOnceWhatIsUnderWayHasEnded) {
  const Release release = script_release("1");
  spec_.application.prepare = "echo >begun; while [ ! -e ended ]; do sleep 0.01; done; echo >after";
  open();
  ASSERT_TRUE(target_->raise_fence(holder("ana", 7)).ok());
  auto anas = std::async(std::launch::async, [&] { return target_->prepare("local", release); });
  const auto folder = folder_.path() / "env/releases" / release.id.substr(0, 16);
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(folder / "begun"); }));
  HostPool bobs_pool;
  const auto bobs = make_hosts_target({spec_, bobs_pool, *blobs_, secrets_});
  auto taken = std::async(std::launch::async, [&] {
    const bool raised = bobs->raise_fence(holder("bob", 8)).ok();
    return raised && std::filesystem::exists(folder / "after");
  });
  ASSERT_TRUE(os::write_atomically(folder / "ended", "").ok());
  EXPECT_TRUE(taken.get());
  anas.wait();  // of what came after that, some may have been refused
}

}  // namespace
}  // namespace penstock
