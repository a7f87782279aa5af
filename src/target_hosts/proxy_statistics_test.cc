#include "target_hosts/proxy_statistics.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(ProxyStatistics, TellEachServerOfEachBackend) {
  const auto servers = parse_statistics(
      "# pxname,svname,qcur,scur,status,uweight,\n"
      "public,FRONTEND,,4,OPEN,,\n"
      "live,web-1:8101,1,2,no check,247,\n"
      "live,web-2:8101,0,0,MAINT,13,\n"
      "live,BACKEND,0,2,UP,260,\n\nnonsense\n");
  ASSERT_EQ(servers.size(), 2u);
  EXPECT_EQ(servers[0].backend, "live");
  EXPECT_EQ(servers[0].server, "web-1:8101");
  EXPECT_TRUE(servers[0].up);
  EXPECT_EQ(servers[0].weight, 247);
  EXPECT_EQ(servers[0].open, 3);
  EXPECT_FALSE(servers[1].up);
}

TEST(ProxyStatistics, ReadNothingFromNothing) { EXPECT_TRUE(parse_statistics("").empty()); }

TEST(LoggedRequests, HaveTheTimeToTheHeadsLastByte) {
  const auto request = parse_logged_request("1795233688.295 web-1:8101 404 1 2 3 17 --");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->at, Instant(Duration(1795233688295)));
  EXPECT_EQ(request->server, "web-1:8101");
  EXPECT_EQ(request->status, 404);
  EXPECT_EQ(request->microseconds, 23000);
}

TEST(LoggedRequests, CountAServerThatDidNotAnswerAsNoAnswer) {
  EXPECT_EQ(parse_logged_request("1.0 web-1:8101 503 0 0 -1 -1 SC")->status, 0);
  EXPECT_EQ(parse_logged_request("1.0 web-1:8101 504 0 0 0 -1 sH")->status, 0);
  EXPECT_EQ(parse_logged_request("1.0 web-1:8101 503 0 0 0 4 --")->status, 503);
}

TEST(LoggedRequests, LeaveOutClientsThatWentAwayAndRequestsWithoutAServer) {
  EXPECT_FALSE(parse_logged_request("1.0 web-1:8101 499 0 0 0 -1 CH"));
  EXPECT_TRUE(parse_logged_request("1.0 web-1:8101 200 0 0 0 5 CD"));
  EXPECT_FALSE(parse_logged_request("1.0 <NOSRV> 503 0 -1 -1 -1 SC"));
}

TEST(LoggedRequests, AreLinesOfOurFormatAndNothingElse) {
  for (const char* line :
       {"", " ", "1.0 a 200 0 0 0 5", "1 a 200 0 0 0 5 --", "1.0 a 200 0 0 0 5 -- more", "x.y - - - - - - -"}) {
    EXPECT_FALSE(parse_logged_request(line)) << line;
  }
}

TEST(LoggedRequests, OfTcpAreGoodWhereTheConnectionEndedWell) {
  EXPECT_EQ(parse_logged_request("1.0 a - 0 0 1 0 --")->status, 200);
  EXPECT_EQ(parse_logged_request("1.0 a - 0 0 -1 0 SC")->status, 0);
  EXPECT_FALSE(parse_logged_request("1.0 a - 0 0 1 0 CD"));
}

}  // namespace
}  // namespace penstock
