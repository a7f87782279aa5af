#include "base/digest.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(Sha256, AgreesWithThePublishedExamples) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, IsTheSameHoweverTheContentIsCut) {
  const std::string content(300, 'x');
  for (size_t cut = 0; cut <= content.size(); ++cut) {
    Sha256 pieces;
    pieces.update(std::string_view(content).substr(0, cut));
    pieces.update(std::string_view(content).substr(cut));
    ASSERT_EQ(pieces.finish(), sha256(content)) << "cut at " << cut;
  }
}

TEST(DigestFromHex, ReadsWhatToHexWrote) {
  const Digest digest = sha256("blob");
  EXPECT_EQ(digest_from_hex(to_hex(digest)), digest);
}

TEST(DigestFromHex, RefusesAnythingElse) {
  const std::string hex = to_hex(sha256("blob"));
  EXPECT_EQ(digest_from_hex(""), std::nullopt);
  EXPECT_EQ(digest_from_hex(hex.substr(1)), std::nullopt);
  EXPECT_EQ(digest_from_hex(hex + "0"), std::nullopt);
  EXPECT_EQ(digest_from_hex("g" + hex.substr(1)), std::nullopt);
}

}  // namespace
}  // namespace penstock
