#include "cli/table.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/text_width.h"

namespace penstock {
namespace {

Table runs() {
  Table table({{"RUN", true}, {"STATUS"}, {"SUBJECT", false, true}, {"TOOK", true}});
  table.add({"128", {Mark::person, "gate"}, "Add checkout with a very long subject line", "1m52s"});
  table.add({"7", {Mark::passed, ""}, "Bump", "48s"});
  return table;
}

TEST(TableTest, ColumnsAreAligned) {
  EXPECT_EQ(runs().render({}, 0),
            "RUN  STATUS  SUBJECT                                      TOOK\n"
            "128  ⏸ gate  Add checkout with a very long subject line  1m52s\n"
            "  7  ✓       Bump                                          48s\n");
}

TEST(TableTest, TheElasticColumnGivesWay) {
  EXPECT_EQ(runs().render({}, 40),
            "RUN  STATUS  SUBJECT                TOOK\n"
            "128  ⏸ gate  Add checko…ject line  1m52s\n"
            "  7  ✓       Bump                    48s\n");
}

TEST(TableTest, NoLineIsWiderThanTheTerminal) {
  std::istringstream lines(runs().render({}, 44));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 44U) << line;
}

TEST(TableTest, WhatOthersWroteCantSteerTheTerminal) {
  Table table({{"SUBJECT"}, {"BY"}});
  table.add({std::string("a\x1b[31mb\r\nc"), std::string_view("\xc2\x9bm")});
  EXPECT_EQ(table.render({}, 0), "SUBJECT          BY\na\\x1b[31mb\\r\\nc  \\x9bm\n");
}

}  // namespace
}  // namespace penstock
