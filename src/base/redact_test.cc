#include "base/redact.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/secret_forms.h"

namespace penstock {
namespace {

std::string redact(const std::vector<std::string>& secrets, std::string_view text) {
  return Redactor(secrets).redact(text);
}

TEST(Redactor, MasksTheValueItself) {
  EXPECT_EQ(redact({"hunter2"}, "login with hunter2, ok"), "login with [MASKED], ok");
  EXPECT_EQ(redact({"hunter2"}, "hunter2"), "[MASKED]");
  EXPECT_EQ(redact({"hunter2"}, "hunter2hunter2"), "[MASKED][MASKED]");
  EXPECT_EQ(redact({"hunter2"}, "hunter1 hunter"), "hunter1 hunter");
}

TEST(Redactor, MasksTheUsualEncodings) {
  const std::string secret = "p@ss w\"rd/é'1>";
  for (const std::string form : {
           "cEBzcyB3InJkL8OpJzE+",             // base64
           "cEBzcyB3InJkL8OpJzE-",             // its URL-safe alphabet
           "p%40ss%20w%22rd%2F%C3%A9%271%3E",  // URL
           "p%40ss%20w%22rd/%c3%a9%271%3e",    // with a slash, in small letters
           "p%40ss+w%22rd%2F%C3%A9%271%3E",    // a form field
           "p%40ss%20w%22rd%2F%C3%A9'1%3E",    // JavaScript
           "p@ss w\\\"rd/é'1>",                // JSON
           "p@ss w\\\"rd\\/\\u00e9'1>",        // JSON from PHP
           "p@ss w\\\"rd/é'1\\u003e",          // JSON from Go
           "p@ss w\"rd/é'\\''1>",              // shell, single quotes
           "p@ss\\ w\\\"rd/é\\'1\\>",          // shell, backslashes
       }) {
    EXPECT_EQ(redact({secret}, "<" + form + ";"), "<[MASKED];") << form;
  }
}

TEST(Redactor, MasksBase64AtEachAlignment) {
  // base64 of "user:hunter2!", "auser:hunter2!", "aauser:hunter2!": what the secret alone decides is gone.
  for (const std::string text : {"dXNlcjpodW50ZXIyIQ==", "YXVzZXI6aHVudGVyMiE=", "YWF1c2VyOmh1bnRlcjIh"}) {
    const std::string masked = redact({"hunter2!"}, text);
    EXPECT_NE(masked.find("[MASKED]"), std::string::npos) << text;
    EXPECT_LT(masked.size(), std::string("dXNlcjpo[MASKED]Q==").size() + 1) << masked;
  }
}

TEST(Redactor, MasksLongBase64ThatWasBrokenIntoLines) {
  std::string secret;
  for (int i = 0; i < 30; ++i) secret += "key" + std::to_string(i);
  const std::vector<std::string> forms = secret_forms(secret);
  const auto longest =
      *std::max_element(forms.begin(), forms.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  std::string wrapped;
  for (size_t at = 0; at < longest.size(); at += 76) wrapped += longest.substr(at, 76) + "\n";
  const std::string masked = redact({secret}, wrapped);
  EXPECT_EQ(masked.find_first_not_of("[MASKED]\n"), std::string::npos) << masked;
}

TEST(Redactor, MasksAMultiLineValueWholeAndByLines) {
  const std::string key = "-----BEGIN KEY-----\nAAAAB3NzaC1yc2E\nshort\n-----END KEY-----\n";
  EXPECT_EQ(redact({key}, "x" + key + "y"), "x[MASKED]y");
  EXPECT_EQ(redact({key}, "-----BEGIN KEY-----\r\nAAAAB3NzaC1yc2E\r\nshort\r\n-----END KEY-----\r\n"), "[MASKED]");
  EXPECT_EQ(redact({key}, "  AAAAB3NzaC1yc2E  "), "  [MASKED]  ");
  EXPECT_EQ(redact({key}, "a short line"), "a short line");
  EXPECT_EQ(redact({"line one\r\nline two"}, "line one\nline two"), "[MASKED]");
}

TEST(Redactor, AValueIsMaskedWithoutTheWhiteSpaceAroundIt) {
  EXPECT_EQ(redact({"hunter2\n"}, "is hunter2."), "is [MASKED].");
}

TEST(Redactor, OverlappingSecretsAreMaskedAsOne) {
  EXPECT_EQ(redact({"abcdef", "defghi"}, "-abcdefghi-"), "-[MASKED]-");
  EXPECT_EQ(redact({"abcdef", "cd+"}, "-abcdef-cd+"), "-[MASKED]-[MASKED]");
  EXPECT_EQ(redact({"xyx"}, "-xyxyxyx-"), "-[MASKED]-");
  EXPECT_EQ(redact({"abcabd"}, "abcabcabd"), "abc[MASKED]");
}

TEST(Redactor, ShortValuesAreLeftAlone) {
  EXPECT_EQ(redact({"", "a", "no"}, "a no"), "a no");
  EXPECT_TRUE(Redactor({"", "a", "no"}).empty());
  EXPECT_TRUE(Redactor({}).empty());
  EXPECT_FALSE(Redactor({"yes"}).empty());
}

TEST(Redactor, TheMaskItselfNeverShowsASecret) {
  for (const std::string secret : {"MASKED", "[MASKED]", "ASK", "D]x", "][M", "a[M", "x[MASKED]y", "]]]"}) {
    const std::string masked = redact({secret, "hunter2"}, "hunter2x hunter2hunter2 ahunter2 xhunter2y " + secret);
    EXPECT_EQ(masked.find(secret), std::string::npos) << secret << ": " << masked;
    EXPECT_EQ(masked.find("hunter2"), std::string::npos) << masked;
  }
}

TEST(Redactor, HoldsNothingBackThatIsCertain) {
  Redactor redactor({"hunter2"});
  std::string output;
  redactor.feed("first line\n", output);
  EXPECT_EQ(output, "first line\n");
  redactor.feed("then hun", output);
  EXPECT_EQ(output, "first line\nthen ");
  redactor.feed("t", output);
  redactor.finish(output);
  EXPECT_EQ(output, "first line\nthen hunt");
}

TEST(Redactor, CanBeUsedAgainAfterItsEnd) {
  Redactor redactor({"hunter2"});
  std::string output;
  redactor.feed("hunt", output);
  redactor.finish(output);
  redactor.feed("er2 hunter2", output);
  redactor.finish(output);
  EXPECT_EQ(output, "hunter2 [MASKED]");
}

TEST(Redactor, AnEndlessRunOfOneSecretIsOneMask) {
  Redactor redactor({"aaaa"});
  std::string output;
  for (int i = 0; i < 1000; ++i) redactor.feed("aaa", output);
  redactor.finish(output);
  EXPECT_EQ(output, "[MASKED]");
}

/// All forms found everywhere, slowly.
std::string naive(const std::vector<std::string>& forms, const std::string& text, std::string_view mask) {
  std::vector<std::pair<size_t, size_t>> found;
  for (const std::string& form : forms) {
    for (size_t at = text.find(form); at != std::string::npos; at = text.find(form, at + 1)) {
      found.emplace_back(at, at + form.size());
    }
  }
  std::sort(found.begin(), found.end());
  std::string output;
  size_t done = 0;
  for (size_t i = 0; i < found.size();) {
    const size_t start = found[i].first;
    size_t end = found[i].second;
    for (++i; i < found.size() && found[i].first < end; ++i) end = std::max(end, found[i].second);
    output.append(text, done, start - done).append(mask);
    done = end;
  }
  return output + text.substr(done);
}

struct Case {
  std::vector<std::string> secrets;
  std::vector<std::string> forms;
  std::string text;
};

/// Secrets of few letters, so that they overlap, and a text made of their forms, whole or broken, and of anything else.
Case random_case(std::mt19937& random) {
  Case made;
  const std::string_view alphabet = random() % 2 == 0 ? "ab" : "ab\n\"/'% [MASKED]\xC3\xA9";
  const auto word = [&](size_t longest) {
    std::string letters(random() % (longest + 1), ' ');
    for (char& letter : letters) letter = alphabet[random() % alphabet.size()];
    return letters;
  };
  for (size_t i = 0; i < 1 + random() % 3; ++i) made.secrets.push_back(word(12));
  for (const std::string& secret : made.secrets) {
    for (std::string& form : secret_forms(secret)) made.forms.push_back(std::move(form));
  }
  for (int i = 0; i < 12; ++i) {
    if (random() % 2 == 0 && !made.forms.empty()) {
      const std::string& form = made.forms[random() % made.forms.size()];
      made.text += random() % 3 == 0 ? form.substr(0, random() % form.size()) : form;
    } else {
      made.text += word(5);
    }
  }
  return made;
}

TEST(Redactor, NoSecretSurvivesHoweverTheInputIsCut) {
  for (unsigned seed = 0; seed < 1500; ++seed) {
    std::mt19937 random(seed);
    const Case made = random_case(random);
    Redactor redactor(made.secrets);
    const std::string whole = redactor.redact(made.text);
    for (const std::string& form : made.forms) {
      ASSERT_EQ(whole.find(form), std::string::npos) << "seed " << seed << ": " << form << " in " << whole;
    }
    std::string pieces;
    for (size_t at = 0; at < made.text.size();) {
      const size_t length = 1 + random() % (random() % 4 == 0 ? 20 : 3);
      redactor.feed(std::string_view(made.text).substr(at, length), pieces);
      at += length;
    }
    redactor.finish(pieces);
    ASSERT_EQ(pieces, whole) << "seed " << seed;
    if (whole.find("[MASKED]") != std::string::npos) {
      ASSERT_EQ(whole, naive(made.forms, made.text, "[MASKED]")) << "seed " << seed;
    }
  }
}

TEST(Redactor, ALargeSecretIsMaskedToo) {
  std::mt19937 random(1);
  std::string secret;
  for (int i = 0; i < 100'000; ++i) secret += static_cast<char>('!' + random() % 90);
  EXPECT_EQ(redact({secret}, "a " + secret + " b").size(), 4 + std::string("[MASKED]").size());
}

}  // namespace
}  // namespace penstock
