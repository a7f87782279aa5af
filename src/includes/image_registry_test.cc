#include "includes/image_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/testing/small_server.h"
#include "os/files.h"

namespace penstock {
namespace {

using testing::HasSubstr;

TEST(ImageRegistry, AsksTheEngineWhereANameSaysNoRegistry) {
  const auto folder = os::TempFolder::make();
  const std::string digest(64, 'a');
  std::string asked;
  std::string body = R"({"Descriptor": {"digest": "sha256:)" + digest + R"("}})";
  const net::SmallServer engine(
      [&](const std::string& request) {
        asked = request.substr(0, request.find('\r'));
        return net::http_answer(200, body);
      },
      folder->path() / "engine");
  ImageRegistry registry({{}, folder->path(), (folder->path() / "engine").native()});
  EXPECT_EQ(registry.digest_of({"", "python", "3.12", ""}).value(), digest);
  EXPECT_EQ(asked, "GET /distribution/python:3.12/json HTTP/1.1");
  for (const char* wrong : {"", "[]", "{}", R"({"Descriptor": 1})", R"({"Descriptor": {"digest": 1}})",
                            R"({"Descriptor": {"digest": "sha256:12"}})"}) {
    body = wrong;
    EXPECT_THAT(registry.digest_of({"", "python", "", ""}).error().message, HasSubstr("no SHA-256")) << wrong;
  }
}

TEST(ImageRegistry, SaysWhatToDoWhereNobodyCanBeAsked) {
  ImageRegistry registry({{}, "/nowhere", "/nowhere/engine"});
  EXPECT_THAT(registry.digest_of({"", "python", "3.12", ""}).error().help, HasSubstr("penstock.registry"));
  const std::string digest(64, 'a');
  EXPECT_EQ(registry.digest_of({"", "python", "3.12", digest}).value(), digest);
}

TEST(ImageRegistry, ReadsWhatAChallengeSays) {
  const std::string challenge = R"(Bearer realm="https://a/token?x=1",Service="b, c",scope=d)";
  EXPECT_EQ(challenge_parameter(challenge, "realm"), "https://a/token?x=1");
  EXPECT_EQ(challenge_parameter(challenge, "service"), "b, c");
  EXPECT_EQ(challenge_parameter(challenge, "scope"), "d");
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer realm", "Bearer realm=", "Bearer realm=\"", "Bearer ,=,"})
    EXPECT_EQ(challenge_parameter(wrong, "realm"), "") << wrong;
}

}  // namespace
}  // namespace penstock
