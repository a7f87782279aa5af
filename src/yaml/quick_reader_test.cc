#include "yaml/quick_reader.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "yaml/libyaml_reader.h"

namespace penstock::yaml {
namespace {

/// What a reader tells, as lines to compare.
class Told : public EventSink {
 public:
  bool take(const Event& event) override {
    const bool opens = event.type == Event::Type::sequence || event.type == Event::Type::mapping;
    const bool is_end = event.type == Event::Type::end;
    lines_ += std::to_string(static_cast<int>(event.type)) + " " + std::to_string(static_cast<int>(event.style)) + " " +
              std::to_string(opens && event.flow) + " " + std::string(event.text) + std::string(event.anchor) +
              std::string(event.tag);
    if (event.type == Event::Type::scalar || opens) lines_ += " from " + words(event.start);
    // Where a block ends is nobody's business but that of what stands in it.
    if (event.type == Event::Type::scalar || (is_end && open_.back())) lines_ += " to " + words(event.end);
    if (opens) open_.push_back(event.flow);
    if (is_end) open_.pop_back();
    lines_ += "\n";
    return true;
  }
  [[nodiscard]] const std::string& lines() const { return lines_; }

 private:
  static std::string words(Position at) { return std::to_string(at.line) + ":" + std::to_string(at.column); }
  std::string lines_;
  std::vector<bool> open_;  ///< Whether each is `[…]` or `{…}`.
};

/// Whether it was read quickly. libyaml then has to tell the same.
bool reads_the_same(const std::string& text) {
  Told quickly;
  if (!read_quickly(text, quickly)) return false;
  Told told;
  const auto file = std::make_shared<const SourceFile>(SourceFile{"ci.yml", text});
  const auto mistake = read_with_libyaml(file, told);
  EXPECT_FALSE(mistake) << text << "\n" << mistake->message;
  EXPECT_EQ(quickly.lines(), told.lines()) << text;
  return true;
}

/// Pieces of YAML, one after the other by chance.
class RandomText {
 public:
  explicit RandomText(unsigned seed) : random_(seed) {}

  std::string text() {
    std::string text;
    for (size_t i = 1 + below(20); i > 0; --i) text += piece();
    return text;
  }
  /// With some bytes replaced, taken out, put in or doubled.
  std::string changed(std::string text) {
    for (size_t i = 1 + below(4); i > 0; --i) {
      const size_t at = below(text.size());
      switch (below(3)) {
        case 0:
          text.replace(at, 1, piece());
          break;
        case 1:
          text.erase(at, 1 + below(6));
          break;
        default:
          text.insert(at, piece());
      }
    }
    return text;
  }

 private:
  size_t below(size_t limit) { return random_() % limit; }
  std::string piece() {
    static const std::vector<std::string> kPieces = {
        "a",     "b: ", "c:",  "\n",   "\n",    "\n  ",  "\n    ", "  ",   " ",  "- ",  "\n- ", "\n  - ",
        "-",     "[",   "]",   "{",    "}",     ", ",    ",",      " #x",  "#",  "'s'", "'",    "\"",
        "\"d\"", "x y", "?",   "? ",   "\n...", "\n---", "|",      " &a ", "*a", "\\",  "$A",   "1",
        ": ",    ":",   "!t ", "<<: ", "%",     "@",     "\t",     "\r\n", "ü"};
    return kPieces[below(kPieces.size())];
  }
  std::mt19937 random_;
};

TEST(QuickReader, ReadsWhatPeopleMostlyWrite) {
  for (const std::string text : {
           "a: 1",
           "# a pipeline\n\nstages: [build, 'test', \"deploy\"]  # in order\n\nbuild:\n  script:\n    - make all\n    "
           "- ./x -a "
           "http://b:80/#c\n  rules:\n  - if: $CI_COMMIT_TAG == \"v1\"\n    when: never\n  - when: manual\n",
           "a:\n  parallel:\n    matrix:\n      - {A: [x, y], B: 'z'}\n      -\n        C: [1, -2,]\n  needs: []\n  "
           "variables: {}\n",
           "a:\nb :\n  c: -1\n'd': \"e\"\n<<: .f\n",
           "- - a\n  - b\n-\n- c: d\n  e: f\n-   g\n",
           "just a text",
       }) {
    EXPECT_TRUE(reads_the_same(text)) << text;
  }
}

TEST(QuickReader, LeavesTheRestToLibyaml) {
  for (const std::string text : {
           "",          "# nothing\n", " a: 1",       "a: |\n  b\n", "a: &b c",    "a: *b",
           "a: !b c",   "a: b\n  c",   "a: 'b\n  c'", "a: \"\\n\"",  "a: 'it''s'", "a: [b,\n  c]",
           "--- a",     "a: b\n...\n", "a: b: c",     "a: - b",      "a: 1\n - b", "a:\n  - b\n c: d",
           "[a: b]",    "{a}",         "a: \xC3\xBC", "a:\tb",       "a: b\r\n",   "a: @b",
           "- a\nb: c", "a: b\n- c",   "a\nb",        "a: 'b' c",    "a: [b] c",   "? a",
           "[a, ?b]",   "[-]",         "a: [b]:",     "a: \x01",
       }) {
    Told told;
    EXPECT_FALSE(read_quickly(text, told)) << text;
  }
  const std::string long_key(1024, 'k');
  Told told;
  EXPECT_FALSE(read_quickly(long_key + ": a", told));
  EXPECT_FALSE(read_quickly("k" + std::string(1024, ' ') + ": a", told));
}

TEST(QuickReader, TellsTheSameAsLibyaml) {
  const std::string sample =
      "# x\nstages: [a, 'b', \"c\"]\n\njob one:\n  script:\n    - make -j2  # y\n    - echo a:b c#d\n  rules:\n  - if: "
      "$A == "
      "\"b\"\n    when: never\n  -\n    when: manual\n  empty:\n  matrix: [{A: [1, 2], B: x}, {}]\nlast: end\n";
  ASSERT_TRUE(reads_the_same(sample));
  const unsigned seeds = std::getenv("PENSTOCK_SOAK") != nullptr ? 2'000'000 : 20'000;
  size_t quick = 0;
  for (unsigned seed = 0; seed < seeds; ++seed) {
    SCOPED_TRACE(seed);
    RandomText random(seed);
    quick += reads_the_same(random.text()) ? 1 : 0;
    quick += reads_the_same(random.changed(sample)) ? 1 : 0;
    if (HasFailure()) return;
  }
  EXPECT_GT(quick, 2'000U);
}

}  // namespace
}  // namespace penstock::yaml
