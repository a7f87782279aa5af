#include "yaml/yaml.h"

#include <gtest/gtest.h>

#include <string>

namespace penstock::yaml {
namespace {

std::shared_ptr<const SourceFile> file(std::string text) {
  return std::make_shared<const SourceFile>(SourceFile{"ci.yml", std::move(text)});
}

const Node* read(Arena& arena, std::string text) {
  const Parsed parsed = parse(file(std::move(text)), arena);
  EXPECT_EQ(render(parsed.diagnostics, {}), "");
  return parsed.documents.size() == 1 ? parsed.documents[0] : nullptr;
}

/// The tree in one line, to compare with.
std::string flat(const Node& node) {
  std::string text(node.tag());
  if (!text.empty()) text += ' ';
  if (node.is_scalar()) return text + (node.style() == Style::plain ? "" : "'") + std::string(node.text());
  if (node.is_sequence()) {
    text += "[";
    for (const Node* item : node.items()) text += (text.back() == '[' ? "" : ", ") + flat(*item);
    return text + "]";
  }
  text += "{";
  for (const Entry& entry : node.entries()) {
    text += (text.back() == '{' ? "" : ", ") + flat(*entry.key) + ": " + flat(*entry.value);
  }
  return text + "}";
}

std::string place(const SourceSpan& span) {
  return std::to_string(span.line) + ":" + std::to_string(span.column) + "-" + std::to_string(span.end_line) + ":" +
         std::to_string(span.end_column);
}

TEST(Yaml, KeepsTheOrderOfKeysAndTheStyleOfScalars) {
  Arena arena;
  const Node* root = read(arena, "b: 1\na: [x, 'y', \"z\"]\nc: |\n  one\n  two\nd:\n");
  ASSERT_NE(root, nullptr);
  EXPECT_EQ(flat(*root), "{b: 1, a: [x, 'y, 'z], c: 'one\ntwo\n, d: }");
  EXPECT_EQ(root->find("c")->style(), Style::literal);
  EXPECT_TRUE(root->find("d")->is_null());
  EXPECT_EQ(root->find("nothing"), nullptr);
}

TEST(Yaml, EveryNodeKnowsItsPlace) {
  Arena arena;
  const Node* root =
      read(arena, "build:\n  script:\n    - make all\n    - 'make test'\n  tags: [a, b]\n# end\nnext: 1\n");
  const Node* build = root->find("build");
  EXPECT_EQ(place(root->entries()[0].key->span()), "1:1-1:6");
  EXPECT_EQ(place(build->span()), "2:3-5:15");
  EXPECT_EQ(place(build->find("script")->span()), "3:5-4:18");
  EXPECT_EQ(place(build->find("script")->items()[1]->span()), "4:7-4:18");
  EXPECT_EQ(place(build->find("tags")->span()), "5:9-5:15");
  EXPECT_EQ(build->span().file->name, "ci.yml");
}

TEST(Yaml, ColumnsCountBytesAlsoBehindOtherCharactersAndLineBreaks) {
  Arena arena;
  const Node* root = read(arena, "ä: [é, x]\r\nb: y\r\nc: [\"\u2028\", ü]\n");
  const auto items = root->find("ä")->items();
  EXPECT_EQ(place(items[1]->span()), "1:10-1:11");
  EXPECT_EQ(place(root->find("b")->span()), "2:4-2:5");
  EXPECT_EQ(place(root->find("c")->items()[1]->span()), "3:12-3:14");
}

TEST(Yaml, AByteOrderMarkIsNoPartOfTheFirstKey) {
  Arena arena;
  EXPECT_EQ(flat(*read(arena,
                       "\xEF\xBB\xBF"
                       "a: b\n")),
            "{a: b}");
}

TEST(Yaml, LocalTagsAreKept) {
  Arena arena;
  const Node* root = read(arena, "script:\n  - !reference [.setup, script]\n  - !!str 12\n");
  const auto items = root->find("script")->items();
  EXPECT_EQ(items[0]->tag(), "!reference");
  EXPECT_EQ(place(items[0]->span()), "2:5-2:32");
  EXPECT_EQ(items[1]->tag(), "tag:yaml.org,2002:str");
  EXPECT_TRUE(items[1]->is_string());
  EXPECT_EQ(root->tag(), "");
}

TEST(Yaml, AnAliasIsTheVeryNodeOfItsAnchor) {
  Arena arena;
  const Node* root = read(arena, "a: &x [1, 2]\nb: *x\nc: &x 3\nd: *x\n");
  EXPECT_EQ(root->find("a"), root->find("b"));
  EXPECT_EQ(root->find("d")->as_int(), 3);
  EXPECT_EQ(root->weight(), 13U);
  EXPECT_EQ(root->height(), 3U);
}

TEST(Yaml, DocumentsAreSeparate) {
  Arena arena;
  const Parsed parsed = parse(file("spec:\n  inputs:\n---\njob: &a 1\n---\n"), arena);
  ASSERT_EQ(parsed.documents.size(), 3U);
  EXPECT_EQ(flat(*parsed.documents[0]), "{spec: {inputs: }}");
  EXPECT_EQ(flat(*parsed.documents[1]), "{job: 1}");
  EXPECT_TRUE(parsed.documents[2]->is_null());
  const Parsed other = parse(file("a: &x 1\n---\nb: *x\n"), arena);
  ASSERT_EQ(other.diagnostics.size(), 1U);
  EXPECT_EQ(other.diagnostics[0].name, "unknown-alias");
  EXPECT_EQ(other.documents.size(), 1U);
}

TEST(Yaml, ATextOfCommentsHoldsNoDocument) {
  Arena arena;
  EXPECT_TRUE(parse(file(""), arena).documents.empty());
  EXPECT_TRUE(parse(file("# nothing\n"), arena).documents.empty());
}

TEST(Yaml, LargeMappingsFindTheirKeysToo) {
  Arena arena;
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += "job-" + std::to_string(i * 7 % 1000) + ": " + std::to_string(i * 7 % 1000) + "\n";
  text += "[1]: list\n";
  const Node* root = read(arena, text);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(root->find("job-" + std::to_string(i))->as_int(), i);
  EXPECT_EQ(root->find("job-1000"), nullptr);
  EXPECT_EQ(root->find(""), nullptr);
  EXPECT_EQ(root->find("zzz"), nullptr);
}

TEST(Yaml, OfRepeatedKeysTheLastCountsWithAWarning) {
  Arena arena;
  const Parsed parsed = parse(file("a: 1\nb: 2\na: 3\n"), arena);
  EXPECT_EQ(flat(*parsed.documents[0]), "{a: 3, b: 2}");
  EXPECT_EQ(render(parsed.diagnostics, {}),
            "ci.yml:3:1: warning: the key `a` is there twice; this one counts [duplicate-key]\n"
            "    3 | a: 3\n"
            "      | ^\n"
            "ci.yml:1:1: note: the first one, without effect\n"
            "    1 | a: 1\n"
            "      | ^\n"
            "1 warning in 1 file\n");
}

TEST(Yaml, RepeatedKeysOfALargeMappingAreSettledToo) {
  Arena arena;
  std::string text;
  for (int i = 0; i < 200; ++i) text += "k" + std::to_string(i % 60) + ": " + std::to_string(i) + "\n";
  const Parsed parsed = parse(file(text), arena);
  ASSERT_EQ(parsed.documents[0]->entries().size(), 60U);
  EXPECT_EQ(parsed.diagnostics.size(), 100U);
  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(parsed.documents[0]->entries()[static_cast<size_t>(i)].key->text(), "k" + std::to_string(i));
    EXPECT_EQ(parsed.documents[0]->find("k" + std::to_string(i))->as_int(), i < 20 ? i + 180 : i + 120);
  }
}

TEST(Merge, WhatStandsBehindTheMergeIsKept) {
  Arena arena;
  EXPECT_EQ(flat(*read(arena, "b: &b {x: 1, y: 2}\nj:\n  <<: *b\n  y: 3\n  z: 4\n")->find("j")), "{x: 1, y: 3, z: 4}");
}

TEST(Merge, OfAListTheFirstCountsMost) {
  Arena arena;
  const Node* root = read(arena, "a: &a {x: 1}\nb: &b {x: 2, y: 2}\nj:\n  <<: [*a, *b]\n");
  EXPECT_EQ(flat(*root->find("j")), "{x: 1, y: 2}");
}

TEST(Merge, OfTwoTheLaterReplacesTheEarlier) {
  Arena arena;
  const Node* root = read(arena, "a: &a {x: 1, z: 1}\nb: &b {x: 2}\nj:\n  <<: *a\n  <<: *b\n");
  EXPECT_EQ(flat(*root->find("j")), "{x: 2, z: 1}");
}

TEST(Merge, ReplacesWhatStandsBeforeItWithAWarning) {
  Arena arena;
  const Parsed parsed = parse(file("b: &b {x: 1}\nj:\n  x: 2\n  <<: *b\n"), arena);
  EXPECT_EQ(flat(*parsed.documents[0]->find("j")), "{x: 1}");
  EXPECT_EQ(render(parsed.diagnostics, {}),
            "ci.yml:4:3: warning: this `<<` replaces `x`, which stands before it [merge-replaces]\n"
            "    4 |   <<: *b\n"
            "      |   ^~\n"
            "ci.yml:3:3: note: what is replaced\n"
            "    3 |   x: 2\n"
            "      |   ^\n"
            "   help: put `<<` first: what stands after it is kept\n"
            "1 warning in 1 file\n");
}

TEST(Merge, MergesOfMergesKeepThePlacesOfTheirKeys) {
  Arena arena;
  const Node* root = read(arena, "a: &a\n  x: 1\nb: &b\n  <<: *a\n  y: 2\nj:\n  <<: *b\n");
  EXPECT_EQ(flat(*root->find("j")), "{x: 1, y: 2}");
  EXPECT_EQ(place(root->find("j")->find_entry("x")->key->span()), "2:3-2:4");
}

TEST(Merge, NeedsMappings) {
  Arena arena;
  for (const auto* text : {"j: {<<: text}", "j: {<<: [a, b]}", "j: {<<: }", "a: &a [x]\nj: {<<: *a}"}) {
    const Parsed parsed = parse(file(text), arena);
    ASSERT_EQ(parsed.diagnostics.size(), 1U) << text;
    EXPECT_EQ(parsed.diagnostics[0].name, "bad-merge");
  }
}

TEST(Merge, CanBeLeftOut) {
  Arena arena;
  const Parsed parsed = parse(file("a: &a {x: 1}\nj: {<<: *a}\n"), arena, {.limits = {}, .merge_keys = false});
  EXPECT_EQ(flat(*parsed.documents[0]->find("j")), "{<<: {x: 1}}");
}

TEST(SpanWithin, PointsIntoAScalarWhereTheSourceShowsItAsItIs) {
  Arena arena;
  const Node* root =
      read(arena, "a: $CI == \"x\"\nb: 'it $X'\nc: |\n  first\n    second $Y\nd: \"tab\\t$Z\"\ne: two\n  lines\n");
  EXPECT_EQ(place(root->find("a")->span_within(7, 3)), "1:11-1:14");
  EXPECT_EQ(place(root->find("b")->span_within(3, 2)), "2:8-2:10");
  EXPECT_EQ(place(root->find("c")->span_within(15, 2)), "5:12-5:14");
  EXPECT_EQ(place(root->find("d")->span_within(4, 2)), place(root->find("d")->span()));
  EXPECT_EQ(place(root->find("e")->span_within(4, 5)), place(root->find("e")->span()));
  EXPECT_EQ(place(root->find("a")->span_within(7, 300)), place(root->find("a")->span()));
}

TEST(Arena, NodesOfSeveralFilesStandInOneTree) {
  Arena arena;
  const Node* base = read(arena, "x: 1\ny: [1]\n");
  const Node* job = read(arena, "y: 2\n");
  std::vector<Entry> entries(base->entries().begin(), base->entries().end());
  entries.insert(entries.end(), job->entries().begin(), job->entries().end());
  const Node* merged = arena.mapping(entries, *job);
  EXPECT_EQ(flat(*merged), "{x: 1, y: 2}");
  EXPECT_EQ(merged->find("x"), base->find("x"));
  EXPECT_EQ(place(merged->span()), place(job->span()));
  EXPECT_EQ(merged->height(), 2U);
  EXPECT_EQ(merged->weight(), 5U);
}

TEST(Arena, ABuiltNodeWithoutASourceHasNoPlace) {
  Arena arena;
  const Node* one = arena.scalar("1", Style::plain);
  const Node* list = arena.sequence(std::vector<const Node*>{one, one});
  EXPECT_EQ(flat(*arena.mapping(std::vector<Entry>{{arena.scalar("k", Style::plain), list}})), "{k: [1, 1]}");
  EXPECT_FALSE(list->span().known());
  EXPECT_FALSE(one->span_within(0, 1).known());
  EXPECT_EQ(arena.sequence({})->items().size(), 0U);
}

TEST(Arena, ItsNodesStayWhereTheyAreWhenItIsMoved) {
  Arena first;
  const Node* root = read(first, "a: b\n");
  const Arena second = std::move(first);
  EXPECT_EQ(flat(*root), "{a: b}");
}

TEST(KindName, IsWhatAnErrorMessageSays) {
  Arena arena;
  const Node* root = read(arena, "[text, 1, 1.5, true, ~, 2026-01-01, [], {}]");
  std::string words;
  for (const Node* item : root->items()) words += std::string(item->kind_name()) + ";";
  EXPECT_EQ(words, "a string;a number;a number;true or false;nothing;a date;a list;a mapping;");
}

}  // namespace
}  // namespace penstock::yaml
