#include "delivery/metric_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/testing/small_server.h"

namespace penstock {
namespace {

using testing::HasSubstr;

TEST(MetricSource, FillsInWhatItKnows) {
  const std::vector<std::pair<std::string, std::string>> known = {{"release", "r2"}, {"group", "incoming"}};
  EXPECT_EQ(filled_in("x{release=\"{{release}}\"} / {{ group }}", known), "x{release=\"r2\"} / incoming");
  EXPECT_EQ(filled_in("{{other}} {{", known), "{{other}} {{");
}

TEST(MetricSource, ReadsThePrometheusAnswersThatAreOneNumber) {
  EXPECT_EQ(
      *number_of_prometheus(R"({"status":"success","data":{"resultType":"scalar","result":[1435781451.7,"2.5"]}})"),
      2.5);
  EXPECT_EQ(*number_of_prometheus(R"({"data":{"resultType":"vector","result":[{"metric":{},"value":[1,"0.25"]}]}})"),
            0.25);
  EXPECT_EQ(number_of_prometheus(R"({"data":{"resultType":"vector","result":[]}})").error().message, "no data");
  EXPECT_THAT(number_of_prometheus(R"({"data":{"resultType":"vector","result":[{},{}]}})").error().message,
              HasSubstr("2 series"));
  for (const char* text :
       {"", "[]", "{}", R"({"data":3})", R"({"data":{"resultType":"matrix","result":[]}})",
        R"({"data":{"resultType":"scalar","result":[1,"NaN"]}})", R"({"data":{"resultType":"vector","result":[3]}})"}) {
    EXPECT_FALSE(number_of_prometheus(text).ok()) << text;
  }
}

TEST(MetricSource, ReadsANumberAtAJsonPointer) {
  EXPECT_EQ(*number_at(R"({"a":{"b":[1,"2.5"]}})", "/a/b/1"), 2.5);
  EXPECT_EQ(*number_at("17", ""), 17);
  EXPECT_FALSE(number_at(R"({"a":{}})", "/a/b").ok());
  EXPECT_FALSE(number_at(R"({"a":{}})", "/a").ok());
  EXPECT_FALSE(number_at("no json", "").ok());
  EXPECT_EQ(number_at("{}", "a/b").error().fault, Fault::user);
}

TEST(MetricSource, AsksPrometheusWithTheQueryFilledInAndEscaped) {
  std::string seen;
  const net::SmallServer server([&](const std::string& request) {
    seen = request;
    return net::http_answer(200, R"({"data":{"resultType":"scalar","result":[1,"7"]}})");
  });
  Metric metric;
  metric.name = "errors";
  metric.source = Metric::Source::prometheus;
  metric.address = server.url("/");
  metric.query = R"(rate(x{r="{{release}}"}[1m]))";
  const Result<double> number = read_metric(metric, {{{"release", "r2"}}, {}, {}, {}});
  ASSERT_TRUE(number.ok()) << number.error().message;
  EXPECT_EQ(*number, 7);
  EXPECT_THAT(seen, testing::StartsWith("GET /api/v1/query?query=rate%28x%7Br%3D%22r2%22%7D%5B1m%5D%29 HTTP/1.1\r\n"));
}

TEST(MetricSource, SaysWhichMetricGaveNothingAndWhy) {
  const net::SmallServer server([](const std::string&) { return net::http_answer(500, ""); });
  Metric metric;
  metric.name = "queue";
  metric.source = Metric::Source::http_json;
  metric.address = server.url();
  EXPECT_EQ(read_metric(metric, {}).error().message, "metric queue: it answered with status 500");
}

TEST(MetricSource, ReadsTheNumberThatACommandPrints) {
  Metric metric;
  metric.name = "score";
  metric.source = Metric::Source::command;
  metric.command = "echo \" $SCORE \"";
  MetricScope scope;
  scope.environment = {{"PATH", "/usr/bin:/bin"}, {"SCORE", "0.75"}};
  EXPECT_EQ(*read_metric(metric, scope), 0.75);
  metric.command = "echo much";
  EXPECT_FALSE(read_metric(metric, scope).ok());
  metric.command = "echo 1; exit 3";
  EXPECT_EQ(read_metric(metric, scope).error().message, "metric score: it ended with exit status 3");
}

}  // namespace
}  // namespace penstock
