#include "net/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "net/curl_exchange.h"
#include "net/curl_library.h"
#include "net/testing/small_server.h"
#include "os/files.h"

namespace penstock::net {
namespace {

using testing::HasSubstr;

HttpRequest get(const SmallServer& server, const std::string& path = "/") {
  HttpRequest request;
  request.url = server.url(path);
  return request;
}

TEST(Exchange, GivesStatusHeadersAndBody) {
  const SmallServer server([](const std::string&) { return http_answer(503, "later", "X-Cell: 7\r\n"); });
  const Result<HttpResponse> response = exchange(get(server));
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->body, "later");
  ASSERT_NE(response->header("x-cell"), nullptr);
  EXPECT_EQ(*response->header("x-cell"), "7");
  EXPECT_EQ(response->header("x-other"), nullptr);
}

TEST(Exchange, SendsMethodPathHeadersAndBody) {
  std::string seen;
  const SmallServer server([&](const std::string& request) { return seen = request, http_answer(200, ""); });
  HttpRequest request = get(server, "/hook?a=b");
  request.method = "POST";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = "{}";
  ASSERT_TRUE(exchange(request).ok());
  EXPECT_THAT(seen, testing::StartsWith("POST /hook?a=b HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
  EXPECT_THAT(seen, testing::EndsWith("\r\n\r\n{}"));
}

TEST(Exchange, AHeaderWithALineBreakIsRefused) {
  const SmallServer server([](const std::string&) { return http_answer(200, ""); });
  HttpRequest request = get(server);
  request.headers = {{"X-A", "b\r\nX-Evil: c"}};
  EXPECT_FALSE(exchange(request).ok());
  EXPECT_EQ(server.requests(), 0);
}

TEST(Exchange, ReachesAServerBehindAUnixSocket) {
  const Result<os::TempFolder> folder = os::TempFolder::make();
  ASSERT_TRUE(folder.ok());
  const SmallServer server([](const std::string&) { return http_answer(200, "inside"); }, folder->path() / "s");
  HttpRequest request;
  request.url = "http://app:8080/healthz";
  request.unix_socket = folder->path() / "s";
  const Result<HttpResponse> response = exchange(request);
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_EQ(response->body, "inside");
}

TEST(Exchange, NamesTheHostAndTheReasonWhereNobodyListens) {
  int port = 0;
  {
    port = SmallServer([](const std::string&) { return ""; }).port();
  }
  HttpRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(port) + "/secret";
  const Result<HttpResponse> response = exchange(request);
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().message, "GET http://127.0.0.1:" + std::to_string(port) + ": connection refused");
}

TEST(Exchange, EndsAtItsDeadlineWhereTheServerHangs) {
  const SmallServer server([](const std::string&) { return ""; });
  HttpRequest request = get(server);
  request.timeout = std::chrono::milliseconds(50);
  const Result<HttpResponse> response = exchange_directly(request);
  ASSERT_FALSE(response.ok());
  EXPECT_THAT(response.error().message, HasSubstr("no answer within"));
}

TEST(Exchange, EndsAtOnceWhenItIsTold) {
  const SmallServer server([](const std::string&) { return ""; });
  std::stop_source source;
  HttpRequest request = get(server);
  request.timeout = std::chrono::hours(1);
  request.stop = source.get_token();
  std::jthread stopper([&] {
    while (server.requests() == 0) std::this_thread::yield();
    source.request_stop();
  });
  const Result<HttpResponse> response = exchange_directly(request);
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().message, "stopped");
}

TEST(Exchange, ALongAnswerIsRefusedOrCut) {
  const SmallServer server([](const std::string&) { return http_answer(200, std::string(100000, 'x')); });
  HttpRequest request = get(server);
  request.body_limit = 1000;
  EXPECT_FALSE(exchange(request).ok());
  request.cut_body = true;
  const Result<HttpResponse> response = exchange(request);
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->body.size(), 1000U);
}

TEST(Exchange, ForeignSchemesAndUserNamesAreRefused) {
  for (const char* url : {"ftp://a/", "file:///etc/passwd", "http://u:p@a/", "//a", "http://a b/", "http://a:99999/"}) {
    HttpRequest request;
    request.url = url;
    const Result<HttpResponse> response = exchange(request);
    ASSERT_FALSE(response.ok()) << url;
    EXPECT_EQ(response.error().fault, Fault::user) << url;
  }
}

/// libcurl is loaded for these; a machine without it has the clear error to show instead.
class ByCurl : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto library = curl_library(); !library.ok()) GTEST_SKIP() << library.error().message;
  }
};

TEST_F(ByCurl, GivesTheSameAnswer) {
  std::string seen;
  const SmallServer server([&](const std::string& request) {
    seen = request;
    return http_answer(404, "gone", "X-Cell: 7\r\n");
  });
  HttpRequest request = get(server, "/x");
  request.method = "POST";
  request.body = "body";
  const Result<HttpResponse> response = exchange_by_curl(request);
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "gone");
  EXPECT_EQ(*response->header("X-Cell"), "7");
  EXPECT_THAT(seen, testing::StartsWith("POST /x HTTP/1.1\r\n"));
  EXPECT_THAT(seen, testing::EndsWith("body"));
}

TEST_F(ByCurl, FollowsAsManyRedirectsAsAllowed) {
  const SmallServer end([](const std::string&) { return http_answer(200, "here"); });
  const SmallServer start(
      [&](const std::string&) { return http_answer(302, "there", "Location: " + end.url() + "\r\n"); });
  HttpRequest request = get(start);
  request.redirects = 1;
  const Result<HttpResponse> response = exchange(request);
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "here");
}

TEST_F(ByCurl, APrivateAddressIsRefusedWhereOnlyPublicOnesAreAllowed) {
  const SmallServer server([](const std::string&) { return http_answer(200, "inside"); });
  HttpRequest request = get(server);
  request.public_only = true;
  const Result<HttpResponse> response = exchange(request);
  ASSERT_FALSE(response.ok());
  EXPECT_THAT(response.error().message, HasSubstr("isn't one of the public internet"));
  EXPECT_EQ(server.requests(), 0);
}

TEST_F(ByCurl, IsBoundedInSizeAndTimeAndStops) {
  const SmallServer big([](const std::string&) { return http_answer(200, std::string(100000, 'x')); });
  HttpRequest request = get(big);
  request.body_limit = 10;
  EXPECT_FALSE(exchange_by_curl(request).ok());

  const SmallServer hanging([](const std::string&) { return ""; });
  request = get(hanging);
  request.timeout = std::chrono::milliseconds(50);
  EXPECT_THAT(exchange_by_curl(request).error().message, HasSubstr("no answer within"));

  std::stop_source source;
  request.timeout = std::chrono::hours(1);
  request.stop = source.get_token();
  std::jthread stopper([&] {
    while (hanging.requests() < 2) std::this_thread::yield();
    source.request_stop();
  });
  EXPECT_EQ(exchange_by_curl(request).error().message, "stopped");
}

}  // namespace
}  // namespace penstock::net
