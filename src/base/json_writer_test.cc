#include "base/json_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace penstock {
namespace {

std::string written(std::string_view text) {
  std::string output;
  JsonWriter(output).value(text);
  return output;
}

TEST(JsonWriter, WritesNestedValuesCompactly) {
  std::string output;
  JsonWriter json(output);
  json.begin_object().member("a", 1).key("b").begin_array().value(true).null().value("x").begin_object().end_object();
  json.end_array().member("c", "d").member("n", int64_t{-5}).end_object();
  EXPECT_EQ(output, R"({"a":1,"b":[true,null,"x",{}],"c":"d","n":-5})");
}

TEST(JsonWriter, IndentsWhenAsked) {
  std::string output;
  JsonWriter json(output, 2);
  json.begin_object()
      .key("a")
      .begin_array()
      .value(1)
      .value(2)
      .end_array()
      .key("b")
      .begin_array()
      .end_array()
      .end_object();
  EXPECT_EQ(output, "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": []\n}");
}

TEST(JsonWriter, EscapesWhatJsonForbids) {
  EXPECT_EQ(written("a\"b\\c\n\t\r\b\f\x01\x1f/"), R"("a\"b\\c\n\t\r\b\f\u0001\u001f/")");
  EXPECT_EQ(written(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(JsonWriter, KeepsUtf8AndReplacesWhatIsNone) {
  EXPECT_EQ(written("grün €\U0001F600"), "\"grün €\U0001F600\"");
  EXPECT_EQ(written("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(written("\xC3"), "\"\xEF\xBF\xBD\"");                                  // cut off
  EXPECT_EQ(written("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");                  // overlong
  EXPECT_EQ(written("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");  // a surrogate
  EXPECT_EQ(written("\xF4\x90\x80\x80").size(), 2 + 4 * 3U);                       // past U+10FFFF
}

TEST(JsonWriter, WritesNumbersThatReadBackTheSame) {
  std::string output;
  JsonWriter json(output);
  json.begin_array().value(0.1).value(1e300).value(std::numeric_limits<int64_t>::min());
  json.value(std::numeric_limits<uint64_t>::max()).value(std::nan("")).end_array();
  EXPECT_EQ(output, "[0.1,1e+300,-9223372036854775808,18446744073709551615,null]");
}

TEST(JsonWriter, LeavesOutMembersThatSayNothing) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().optional("a", "").optional("b", false).optional("c", 0).optional("d", std::optional<int>());
  json.optional("e", std::string("x")).optional("f", true).optional("g", std::optional<int>(0));
  json.optional("h", std::optional<Instant>(Instant(Duration(7)))).end_object();
  EXPECT_EQ(text, R"({"e":"x","f":true,"g":0,"h":7})");
}

TEST(JsonWriter, TakesJsonThatIsThere) {
  std::string output;
  JsonWriter(output).begin_object().key("plan").raw(R"({"x":1})").member("y", false).end_object();
  EXPECT_EQ(output, R"({"plan":{"x":1},"y":false})");
}

TEST(JsonWriter, WritesTextsOfAnyLengthWhole) {
  for (const size_t length : {1000U, 1023U, 1024U, 4095U, 4096U, 10'000U}) {
    const std::string plain(length, 'x');
    for (const std::string end : {"", "y", "\"", "\n", "\xC3\xBC", "\xF0\x9F\x98\x80"}) {
      const std::string escaped = end == "\"" ? "\\\"" : end == "\n" ? "\\n" : end;
      EXPECT_EQ(written(plain + end + plain), "\"" + plain + escaped + plain + "\"") << length << " " << end;
    }
    EXPECT_EQ(written(std::string(length, '\t')).size(), 2 * length + 2);
    std::string output;
    JsonWriter(output, 1).begin_array().raw(plain).value(plain).end_array();
    EXPECT_EQ(output, "[\n " + plain + ",\n \"" + plain + "\"\n]");
  }
}

TEST(JsonWriter, LetsWhatIsThereBeTakenAway) {
  std::string whole;
  std::string piece;
  JsonWriter json(piece);
  json.begin_array();
  for (int i = 0; i < 3000; ++i) {
    json.begin_object().member("i", i).member("text", "abc").end_object();
    if (piece.size() < 1000) continue;
    whole += piece;
    piece.clear();
  }
  json.end_array();
  EXPECT_LT(piece.size(), 10'000U);
  std::string expected = "[";
  for (int i = 0; i < 3000; ++i)
    expected += (i == 0 ? "" : ",") + ("{\"i\":" + std::to_string(i)) + R"(,"text":"abc"})";
  EXPECT_EQ(whole + piece, expected + "]");
}

}  // namespace
}  // namespace penstock
