#include "base/base64.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(Base64, IsAsTheStandardShowsIt) {
  for (const auto& [bytes, text] :
       {std::pair("", ""), std::pair("f", "Zg=="), std::pair("fo", "Zm8="), std::pair("foo", "Zm9v"),
        std::pair("foob", "Zm9vYg=="), std::pair("\xff\xfe\xfd", "//79")}) {
    EXPECT_EQ(to_base64(bytes), text);
  }
  EXPECT_EQ(to_base64("\xff\xfe\xfd", kBase64Url), "__79");
}

}  // namespace
}  // namespace penstock
