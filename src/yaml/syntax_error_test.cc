#include "yaml/syntax_error.h"

#include <gtest/gtest.h>

#include <string>

#include "yaml/yaml.h"

namespace penstock::yaml {
namespace {

std::string report(std::string text) {
  Arena arena;
  const auto file = std::make_shared<const SourceFile>(SourceFile{"ci.yml", std::move(text)});
  std::string all;
  for (const Diagnostic& diagnostic : parse(file, arena).diagnostics) all += render(diagnostic, {});
  return all;
}

TEST(SyntaxError, AColonInAnUnquotedText) {
  EXPECT_EQ(report("job:\n  script: echo a: b\n"),
            "ci.yml:2:17: error: a `:` can't stand here\n"
            "    2 |   script: echo a: b\n"
            "      |                 ^\n"
            "   help: if it is part of a text, put the whole text in quotes; else look at how this line is indented\n");
}

TEST(SyntaxError, ATab) {
  EXPECT_EQ(report("job:\n\tscript: x\n"),
            "ci.yml:2:1: error: a tab can't indent\n"
            "    2 | \\tscript: x\n"
            "      | ^~\n"
            "   help: use spaces\n");
}

TEST(SyntaxError, AKeyThatIsIndentedWrong) {
  EXPECT_EQ(report("job:\n  stage: test\n script: x\n"),
            "ci.yml:3:2: error: this doesn't fit into the mapping around it\n"
            "    3 |  script: x\n"
            "      |  ^\n"
            "ci.yml:1:1: note: the mapping starts here\n"
            "    1 | job:\n"
            "      | ^\n"
            "   help: all keys of one mapping start in the same column, and what belongs to a key is indented more\n");
}

TEST(SyntaxError, AQuoteThatIsNeverClosed) {
  EXPECT_EQ(report("a: 1\nb: \"open\nc: 2\n"),
            "ci.yml:2:4: error: this quote is never closed\n"
            "    2 | b: \"open\n"
            "      |    ^~~~~\n");
}

TEST(SyntaxError, AListThatIsNeverClosed) {
  EXPECT_EQ(report("a: [x, y\nb: 2\n"),
            "ci.yml:2:2: error: this list needs a `,` or its `]` here\n"
            "    2 | b: 2\n"
            "      |  ^\n"
            "ci.yml:1:4: note: the list starts here\n"
            "    1 | a: [x, y\n"
            "      |    ^\n"
            "   help: a text with `[`, `]`, `{`, `}` or `,` in it needs quotes\n");
}

TEST(SyntaxError, ALineThatIsNoEntry) {
  EXPECT_EQ(report("job:\n  script: x\njust words\nnext: 1\n"),
            "ci.yml:3:1: error: this is neither `key: value` nor an item of a list\n"
            "    3 | just words\n"
            "      | ^~~~~~~~~~\n"
            "   help: a key needs a `:` with a space behind it; text over several lines needs `|` or quotes\n");
}

TEST(SyntaxError, AnAliasThatIsAGlobOrMistyped) {
  EXPECT_EQ(report("paths:\n  - *.log\n"),
            "ci.yml:2:5: error: a `*` at the start of a value names an anchor, and no name follows\n"
            "    2 |   - *.log\n"
            "      |     ^~~~~\n"
            "   help: put the text in quotes if this is meant as it is written\n");
  EXPECT_EQ(report("a: &default 1\nb: *defualt\n"),
            "ci.yml:2:4: error: there is no anchor `&defualt` before this alias\n"
            "    2 | b: *defualt\n"
            "      |    ^~~~~~~~ did you mean `*default`?\n"
            "   help: an anchor is known from its place to the end of the same file\n");
}

TEST(SyntaxError, EveryOneHasWordsOfItsOwn) {
  for (const auto* text : {"a: @x",
                           "a: `x`",
                           "a: %x",
                           "a: - b",
                           "- a\nb: c",
                           "a: \"\\d\"",
                           "a: \"\\xZZ\"",
                           "a: \"\\uD800\"",
                           "a: | x\n  y\n",
                           "a: |0\n x\n",
                           "a: b ? c: d: e",
                           "{a: b",
                           "[a",
                           "'a",
                           "a: 'b\n---\n",
                           "a: &\n",
                           "a: *\n",
                           "x: !<a\n",
                           "!a!b c",
                           "%YAML 9.9\n---\na",
                           "a\n...\nb: [}",
                           "\x01",
                           "a: \xff",
                           "a: \xc3",
                           "a: \xed\xa0\x80",
                           "a: [\n\tb]\n x",
                           "k: |\n\tx\n  y: z",
                           "? a\n- b",
                           "a: ]",
                           "a: }",
                           "- a\n b: c",
                           "a: b\n  c: d",
                           "a: 'b' c",
                           "key: [a, b]]"}) {
    const std::string told = report(text);
    EXPECT_NE(told.find("error: "), std::string::npos) << text;
    EXPECT_EQ(told.find("this isn't YAML:"), std::string::npos) << text << "\n" << told;
  }
}

TEST(SyntaxError, TheDocumentsBeforeItAreThere) {
  Arena arena;
  const auto file = std::make_shared<const SourceFile>(SourceFile{"ci.yml", "spec: 1\n---\na: [\n"});
  const Parsed parsed = parse(file, arena);
  EXPECT_EQ(parsed.documents.size(), 1U);
  EXPECT_TRUE(has_errors(parsed.diagnostics));
}

}  // namespace
}  // namespace penstock::yaml
