#include <gtest/gtest.h>
#include <sys/stat.h>

#include "os/files.h"
#include "secrets/sealer.h"
#include "secrets/secret_file.h"

namespace penstock {
namespace {

class Secrets : public testing::Test {
 protected:
  os::TempFolder folder_ = std::move(os::TempFolder::make()).value();
  std::filesystem::path key_file_ = folder_.path() / "config/key";
  Sealer sealer_ = std::move(Sealer::open(key_file_)).value();
  SecretFile file_{folder_.path() / "state/secrets.json"};
};

TEST_F(Secrets, TheKeyFileIsMadeForItsOwnerAlone) {
  struct stat status {};
  ASSERT_EQ(stat(key_file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(status.st_size, 32);
}

TEST_F(Secrets, AKeyFileThatOthersMayReadIsRefused) {
  ASSERT_EQ(chmod(key_file_.c_str(), 0640), 0);
  const auto opened = Sealer::open(key_file_);
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("can be read by others"), std::string::npos);
  EXPECT_NE(opened.error().help.find("chmod 600"), std::string::npos);
}

TEST_F(Secrets, ADamagedKeyFileIsRefusedAndKept) {
  ASSERT_TRUE(os::write_atomically(key_file_, "short", os::Durability::crash_safe, 0600).ok());
  EXPECT_FALSE(Sealer::open(key_file_).ok());
  EXPECT_EQ(os::read_file(key_file_).value(), "short");
}

TEST_F(Secrets, WhatWasSealedOpensForTheSamePurposeOnly) {
  const std::string sealed = sealer_.seal("hunter2", "run:1");
  EXPECT_EQ(sealer_.unseal(sealed, "run:1").value(), "hunter2");
  EXPECT_FALSE(sealer_.unseal(sealed, "run:2").ok());
}

TEST_F(Secrets, AChangedByteIsNoticed) {
  const std::string sealed = sealer_.seal("hunter2", "p");
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(sealer_.unseal(changed, "p").ok()) << "byte " << i;
  }
  EXPECT_FALSE(sealer_.unseal("", "p").ok());
}

TEST_F(Secrets, SealingTwiceGivesDifferentBytes) { EXPECT_NE(sealer_.seal("same", "p"), sealer_.seal("same", "p")); }

TEST_F(Secrets, TheSameKeyIsFoundAgain) {
  const std::string sealed = sealer_.seal("kept", "p");
  const Sealer again = std::move(Sealer::open(key_file_)).value();
  EXPECT_EQ(again.unseal(sealed, "p").value(), "kept");
}

TEST_F(Secrets, ASecretThatWasSetIsReadBackAndListedWithoutItsValue) {
  ASSERT_TRUE(file_.set(sealer_, "TOKEN", "line one\nline two", Instant(Duration(1000))).ok());
  ASSERT_TRUE(file_.set(sealer_, "API_KEY", "k", Instant(Duration(2000))).ok());
  EXPECT_EQ(file_.get(sealer_, "TOKEN").value(), "line one\nline two");
  const auto entries = file_.list().value();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].name, "API_KEY");
  EXPECT_EQ(entries[1].set_at, Instant(Duration(1000)));
  EXPECT_EQ(os::read_file(folder_.path() / "state/secrets.json").value().find("line one"), std::string::npos);
}

TEST_F(Secrets, EarlierValuesAreFoundByTheirVersion) {
  const size_t kept = SecretFile::kEarlierVersions;
  for (size_t version = 1; version <= kept + 2; ++version) {
    ASSERT_TRUE(file_.set(sealer_, "TOKEN", "value " + std::to_string(version), Instant()).ok());
  }
  const auto newest = static_cast<int64_t>(kept + 2);
  EXPECT_EQ(file_.list()->front().version, newest);
  EXPECT_EQ(file_.get(sealer_, "TOKEN").value(), "value " + std::to_string(newest));
  EXPECT_EQ(file_.get(sealer_, "TOKEN", newest).value(), "value " + std::to_string(newest));
  EXPECT_EQ(file_.get(sealer_, "TOKEN", 2).value(), "value 2");
  EXPECT_EQ(file_.get(sealer_, "TOKEN", 1).value(), std::nullopt) << "only so many are kept";
  EXPECT_EQ(file_.get(sealer_, "OTHER", 1).value(), std::nullopt);
}

TEST_F(Secrets, ASecretCanNotBeMovedToAnotherName) {
  ASSERT_TRUE(file_.set(sealer_, "A", "value", Instant()).ok());
  const auto path = folder_.path() / "state/secrets.json";
  std::string text = os::read_file(path).value();
  text.replace(text.find("\"A\""), 3, "\"B\"");
  ASSERT_TRUE(os::write_atomically(path, text).ok());
  EXPECT_FALSE(file_.get(sealer_, "B").ok());
}

TEST_F(Secrets, RemovingAnUnknownNameSuggestsTheNearest) {
  ASSERT_TRUE(file_.set(sealer_, "DEPLOY_TOKEN", "x", Instant()).ok());
  const auto removed = file_.remove("DEPLOY_TOKNE");
  ASSERT_FALSE(removed.ok());
  EXPECT_EQ(removed.error().help, "did you mean `DEPLOY_TOKEN`?");
  ASSERT_TRUE(file_.remove("DEPLOY_TOKEN").ok());
  EXPECT_EQ(file_.get(sealer_, "DEPLOY_TOKEN").value(), std::nullopt);
}

TEST_F(Secrets, ANameThatIsNoVariableIsRefused) {
  for (const char* name : {"", "1A", "A-B", "A B", "A=B"})
    EXPECT_FALSE(file_.set(sealer_, name, "x", Instant()).ok()) << name;
}

TEST_F(Secrets, ADamagedFileIsAnErrorAndNotAnEmptyList) {
  ASSERT_TRUE(file_.set(sealer_, "A", "x", Instant()).ok());
  for (const char* damaged :
       {R"({"format":1)", R"([])", R"({"format":"1","secrets":{}})", R"({"format":2,"secrets":{}})", R"({"format":1})",
        R"({"format":1,"secrets":[]})", R"({"format":1,"secrets":{"A":"x"}})",
        R"({"format":1,"secrets":{"A":{"sealed":7}}})", R"({"format":1,"secrets":{"A":{"sealed":"?"}}})",
        R"({"format":1,"secrets":{"A":{"sealed":"eA==","set_at":"yesterday"}}})"}) {
    ASSERT_TRUE(os::write_atomically(folder_.path() / "state/secrets.json", damaged).ok());
    EXPECT_FALSE(file_.list().ok()) << damaged;
  }
}

}  // namespace
}  // namespace penstock
