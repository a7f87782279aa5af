#include "delivery/notify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "net/testing/small_server.h"

namespace penstock {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

RolloutNews taken_back() {
  RolloutNews news;
  news.what = RolloutNews::What::taken_back;
  news.environment = "production";
  news.release = "0123abcd";
  news.name = "app-2.0";
  news.previous = "app-1.0";
  news.by.name = "ana";
  news.reason = "errors 5% > 1%";
  return news;
}

/// A webhook that keeps what it is told.
class Webhook {
 public:
  explicit Webhook(int status = 200)
      : server_([this, status](const std::string& request) {
          const std::lock_guard lock(mutex_);
          requests_.push_back(request);
          return net::http_answer(status, "ok");
        }) {}
  [[nodiscard]] std::string url() const { return server_.url("/hook/s3cret"); }
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> requests_;
  net::SmallServer server_;
};

Result<std::string> no_secrets(const std::string& name) { return Error{Fault::user, "there is no secret " + name, ""}; }

TEST(Notifier, PostsOurFormAndSlacks) {
  Webhook ours;
  Webhook slack;
  {
    Notifier notifier({{ours.url(), false, {}}, {slack.url(), true, {}}}, no_secrets);
    notifier.tell(taken_back());
  }
  ASSERT_EQ(ours.requests().size(), 1U);
  EXPECT_THAT(ours.requests()[0], StartsWith("POST /hook/s3cret HTTP/1.1\r\n"));
  EXPECT_THAT(ours.requests()[0],
              EndsWith(R"({"what":"taken_back","at":"1970-01-01T00:00:00Z","environment":"production",)"
                       R"("release":"0123abcd","name":"app-2.0","previous":"app-1.0","by":"ana",)"
                       R"("reason":"errors 5% > 1%"})"));
  ASSERT_EQ(slack.requests().size(), 1U);
  EXPECT_THAT(slack.requests()[0], EndsWith(R"({"text":"*app-2.0* was taken back from *production*, *app-1.0* serves: )"
                                            R"(errors 5% &gt; 1%"})"));
}

TEST(Notifier, TellsOnlyWhatSomebodyWantsToKnow) {
  Webhook webhook;
  {
    Notifier notifier({{webhook.url(), false, {"promoted"}}}, no_secrets);
    notifier.tell(taken_back());
    RolloutNews promoted = taken_back();
    promoted.what = RolloutNews::What::promoted;
    notifier.tell(promoted);
  }
  ASSERT_EQ(webhook.requests().size(), 1U);
  EXPECT_THAT(webhook.requests()[0], HasSubstr(R"("what":"promoted")"));
}

TEST(Notifier, FindsTheAddressInASecretAndNeverShowsIt) {
  Webhook webhook(404);
  Notifier notifier({{"$HOOK", false, {}}, {"$NONE", false, {}}}, [&](const std::string& name) -> Result<std::string> {
    if (name == "HOOK") return webhook.url();
    return no_secrets(name);
  });
  notifier.tell(taken_back());
  std::vector<std::string> warnings;
  while (warnings.size() < 2) {
    for (std::string& warning : notifier.take_warnings()) warnings.push_back(std::move(warning));
  }
  EXPECT_THAT(warnings, testing::UnorderedElementsAre(
                            testing::AllOf(HasSubstr("127.0.0.1"), EndsWith("of production: status 404"),
                                           Not(HasSubstr("s3cret"))),
                            EndsWith("`$NONE` of production: there is no secret NONE")));
  EXPECT_THAT(webhook.requests(), testing::SizeIs(1));
}

}  // namespace
}  // namespace penstock
