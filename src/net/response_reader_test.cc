#include "net/response_reader.h"

#include <gtest/gtest.h>

namespace penstock::net {
namespace {

/// Reads `text` in pieces of `size`, then the end; "" where it is refused.
std::string body_of(std::string_view text, size_t size, HttpRequest request = {}) {
  ResponseReader reader(request);
  for (; !text.empty() && !reader.done(); text.remove_prefix(std::min(size, text.size()))) {
    if (!reader.take(text.substr(0, size)).ok()) return "refused";
  }
  if (!reader.done() && !reader.take_end().ok()) return "cut short";
  return std::to_string(reader.response().status) + " " + reader.response().body;
}

TEST(ResponseReader, ReadsEachFormOfBodyHoweverItIsCut) {
  for (const size_t size : {1U, 2U, 3U, 7U, 1000U}) {
    EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", size), "200 hello");
    EXPECT_EQ(body_of("HTTP/1.0 200\r\n\r\nhello", size), "200 hello");
    EXPECT_EQ(
        body_of("HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nT: v\r\n\r\n",
                size),
        "200 hello");
    EXPECT_EQ(body_of("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", size), "204 ");
    EXPECT_EQ(body_of("HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", size), "304 ");
  }
}

TEST(ResponseReader, AnAnswerToHeadHasNoBody) {
  HttpRequest request;
  request.method = "HEAD";
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 1000, request), "200 ");
}

TEST(ResponseReader, SaysWhenTheConnectionEndsTooEarly) {
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", 1000), "cut short");
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", 1000), "cut short");
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\n", 1000), "cut short");
  EXPECT_EQ(body_of("", 1000), "cut short");
}

TEST(ResponseReader, RefusesWhatIsNoHttp) {
  for (const char* text : {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/2 200\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"}) {
    EXPECT_EQ(body_of(text, 1000), "refused") << text;
  }
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nX: " + std::string(100000, 'x'), 1000), "refused");
}

TEST(ResponseReader, AnAnnouncedLengthBeyondTheLimitIsRefusedBeforeItComes) {
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", 1000), "refused");
}

}  // namespace
}  // namespace penstock::net
