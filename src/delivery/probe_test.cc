#include "delivery/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http.h"
#include "net/testing/small_server.h"
#include "os/files.h"

namespace penstock {
namespace {

using testing::HasSubstr;

constexpr Duration kLong{30'000};

net::HttpResponse answer(int status, net::HttpHeaders headers = {}, std::string body = {}) {
  return {status, std::move(headers), std::move(body)};
}

TEST(Probe, AnyStatusFrom200To399IsFineUnlessOneIsNamed) {
  for (const int status : {200, 204, 302, 399}) EXPECT_TRUE(judge_answer({}, answer(status)).ok) << status;
  for (const int status : {101, 400, 404, 503}) EXPECT_FALSE(judge_answer({}, answer(status)).ok) << status;
  Probe::Http probe;
  probe.path = "/healthz";
  probe.status = 418;
  EXPECT_TRUE(judge_answer(probe, answer(418)).ok);
  EXPECT_EQ(judge_answer(probe, answer(200)).detail, "GET /healthz: 200, not 418");
}

TEST(Probe, LooksForAPatternInTheBody) {
  Probe::Http probe;
  probe.body = "\"status\": *\"up\"";
  EXPECT_TRUE(judge_answer(probe, answer(200, {}, R"({"status":  "up"})")).ok);
  EXPECT_THAT(judge_answer(probe, answer(200, {}, "down")).detail, HasSubstr("its body doesn't hold"));
  probe.body = "(";  // a broken pattern never passes
  EXPECT_FALSE(judge_answer(probe, answer(200, {}, "(")).ok);
}

TEST(Probe, LooksForAHeader) {
  Probe::Http probe;
  probe.expect_header = {"X-Release", "r2"};
  EXPECT_TRUE(judge_answer(probe, answer(200, {{"x-release", "r2"}})).ok);
  EXPECT_EQ(judge_answer(probe, answer(200, {{"X-Release", "r1"}})).detail,
            "GET /: 200 with the header X-Release: r1, not r2");
  EXPECT_EQ(judge_answer(probe, answer(200)).detail, "GET /: 200 without the header X-Release");
}

TEST(Probe, AsksAnInstanceOverTcpOrAUnixSocket) {
  const Result<os::TempFolder> folder = os::TempFolder::make();
  ASSERT_TRUE(folder.ok());
  std::string seen;
  const auto say = [&](const std::string& request) { return seen = request, net::http_answer(200, "fine"); };
  const net::SmallServer tcp(say);
  const net::SmallServer local(say, folder->path() / "s");
  Probe::Http probe;
  probe.path = "/healthz?deep=1";
  probe.headers = {{"Host", "app.example.org"}};
  probe.body = "fine";
  EXPECT_TRUE(probe_http(probe, {"", "127.0.0.1", tcp.port()}, kLong).ok);
  EXPECT_THAT(seen, HasSubstr("GET /healthz?deep=1 HTTP/1.1\r\nHost: app.example.org\r\n"));
  EXPECT_TRUE(probe_http(probe, {folder->path() / "s", "127.0.0.1", 8000}, kLong).ok);
  EXPECT_TRUE(probe_tcp({"", "127.0.0.1", tcp.port()}, kLong).ok);
}

TEST(Probe, SaysWhatStoodInTheWay) {
  int port = 0;
  {
    port = net::SmallServer([](const std::string&) { return ""; }).port();
  }
  EXPECT_EQ(probe_http({}, {"", "127.0.0.1", port}, kLong).detail, "GET /: connection refused");
  EXPECT_EQ(probe_tcp({"", "127.0.0.1", port}, kLong).detail,
            "connect to port " + std::to_string(port) + ": connection refused");
  const net::SmallServer hanging([](const std::string&) { return ""; });
  EXPECT_EQ(probe_http({}, {"", "127.0.0.1", hanging.port()}, Duration(30)).detail, "GET /: no answer within 0.0s");
}

}  // namespace
}  // namespace penstock
