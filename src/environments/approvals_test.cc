#include "environments/approvals.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using What = JournalEntry::What;

class ApprovalsTest : public testing::Test {
 protected:
  ApprovalsTest() {
    file_.groups["release-managers"] = {"ana", "carl@example.org"};
    release_.id = "r1";
    release_.commit = "3f9c2e1aaaa";
    release_.author = "Ben B <ben@example.org>";
    rule_.required = 2;
  }

  JournalEntry entry(What what, const std::string& name, const std::string& release = "r1") {
    JournalEntry entry;
    entry.number = ++number_;
    entry.what = what;
    entry.release = release;
    entry.by = {name, name + "@example.org", false};
    return entry;
  }
  JournalEntry rejection(const std::string& name, const std::string& rollout) {
    JournalEntry no = entry(What::rejected, name);
    no.rollout = rollout;
    return no;
  }
  ApprovalState state(const std::vector<JournalEntry>& journal, const std::string& rollout = "7@laptop") {
    return approvals_of({file_, rule_, release_, {"dora", "dora@example.org", false}, rollout}, journal);
  }

  EnvironmentsFile file_;
  ApprovalRule rule_;
  Release release_;
  int64_t number_ = 0;
};

TEST_F(ApprovalsTest, OpenWhenEnoughPeopleSaidYes) {
  const JournalEntry ana = entry(What::approved, "ana");
  const JournalEntry again = entry(What::approved, "ana");
  EXPECT_FALSE(state({}).open());
  EXPECT_FALSE(state({ana, again}).open()) << "one person counts once";
  EXPECT_TRUE(state({ana, entry(What::approved, "carl")}).open());
  rule_.required = 0;
  EXPECT_TRUE(state({}).open()) << "nobody is asked";
}

TEST_F(ApprovalsTest, BelongToOneReleaseAndDieWithItsDeployment) {
  rule_.required = 1;
  EXPECT_FALSE(state({entry(What::approved, "ana", "r2")}).open());
  const JournalEntry before = entry(What::approved, "ana");
  EXPECT_TRUE(state({before}).open());
  EXPECT_FALSE(state({before, entry(What::promoted, "ana")}).open());
  EXPECT_TRUE(state({before, entry(What::promoted, "ana", "r2")}).open()) << "another release's end is not this one's";
}

TEST_F(ApprovalsTest, CountOnlyOfThoseWhoMay) {
  rule_.required = 1;
  rule_.from = {"release-managers"};
  EXPECT_FALSE(state({entry(What::approved, "eve")}).open());
  EXPECT_TRUE(state({entry(What::approved, "carl")}).open()) << "by address";
  rule_.from.clear();
  EXPECT_TRUE(state({entry(What::approved, "ben")}).open()) << "unproved identity: the author may";
  rule_.author = false;
  EXPECT_FALSE(state({entry(What::approved, "ben")}).open());
  rule_.starter = false;
  EXPECT_FALSE(state({entry(What::approved, "dora")}).open());
}

TEST_F(ApprovalsTest, ProvedPeopleDoNotApproveTheirOwnWorkByDefault) {
  const ApprovalQuestion question{file_, rule_, release_, {"dora", "dora@example.org", true}};
  EXPECT_EQ(why_not(question, {"ben", "ben@example.org", true}), "ben is the author of 3f9c2e1");
  EXPECT_EQ(why_not(question, {"dora", "dora@example.org", true}), "dora started it");
  EXPECT_EQ(why_not(question, {"ana", "ana@example.org", true}), std::nullopt);
}

TEST_F(ApprovalsTest, ARejectionEndsTheRolloutThatItNamesAndVoidsWhatWasGivenBefore) {
  rule_.required = 1;
  const JournalEntry yes = entry(What::approved, "carl");
  const JournalEntry no = rejection("ana", "7@laptop");
  EXPECT_TRUE(state({yes, no}).refused);
  EXPECT_TRUE(state({yes, no, entry(What::approved, "ana")}).refused) << "it has ended by then";
  EXPECT_FALSE(state({yes, no}, "8@laptop").refused) << "asked anew";
  EXPECT_FALSE(state({yes, no}, "8@laptop").open()) << "from no approvals";
  EXPECT_TRUE(state({yes, no, entry(What::approved, "carl")}, "8@laptop").open());
  EXPECT_FALSE(state({yes, no}, {}).open()) << "a job of a run, before it has a rollout";
}

TEST_F(ApprovalsTest, WhatWasWithdrawnOrRejectedStartsAnewWhenItAsksAgain) {
  JournalEntry asked = entry(What::asked, "dora");
  asked.rollout = "7@laptop";
  JournalEntry withdrawn = asked;
  withdrawn.number = ++number_;
  withdrawn.what = What::withdrawn;
  JournalEntry again = asked;
  again.number = ++number_;
  EXPECT_EQ(to_words(state({asked, withdrawn}), rule_), "withdrawn by dora");
  EXPECT_FALSE(state({asked, withdrawn}, "8@laptop").refused) << "that is another one's";
  EXPECT_FALSE(state({asked, withdrawn, again}).refused);
  const JournalEntry no = rejection("carl", "7@laptop");
  again.number = ++number_;
  EXPECT_TRUE(state({asked, no}).refused);
  EXPECT_FALSE(state({asked, no, again}).refused);
}

TEST_F(ApprovalsTest, ARejectionOfNoRolloutOnlyVoidsWhatWasGivenBefore) {
  rule_.required = 1;
  const JournalEntry yes = entry(What::approved, "carl");
  const JournalEntry no = rejection("ana", {});
  EXPECT_FALSE(state({yes, no}).refused) << "versions of ci that didn't name it wrote that, too";
  EXPECT_FALSE(state({yes, no}).open());
}

TEST_F(ApprovalsTest, WhoMayNotApproveCanNotRejectEither) {
  rule_.required = 1;
  rule_.from = {"release-managers"};
  const JournalEntry yes = entry(What::approved, "ana");
  const ApprovalState after = state({yes, rejection("eve", "7@laptop")});
  EXPECT_TRUE(after.open());
  EXPECT_EQ(after.ignored.size(), 1U);
}

TEST_F(ApprovalsTest, AreCountedInTheJournalsOrderWhateverItsClocksSay) {
  rule_.required = 1;
  JournalEntry yes = entry(What::approved, "carl");
  JournalEntry no = rejection("ana", "6@desk");
  yes.at = Instant(std::chrono::hours(2));
  no.at = Instant(std::chrono::hours(1));
  EXPECT_FALSE(state({no, yes}).open());
}

TEST_F(ApprovalsTest, WhoHasNothingMoreToSayIsToldWhy) {
  const ApprovalQuestion question{file_, rule_, release_, {"dora", "dora@example.org", false}};
  const JournalEntry ana = entry(What::approved, "ana");
  EXPECT_EQ(why_others(question, state({ana}), ana.by), "ana has approved; who else may: ");
  EXPECT_EQ(why_others(question, state({ana}), question.starter), "");
  rule_.starter = false;
  EXPECT_EQ(why_others(question, state({ana}), question.starter), "dora started it; who may: ");
}

TEST_F(ApprovalsTest, AreToldInWords) {
  rule_.from = {"release-managers"};
  EXPECT_EQ(to_words(state({}), rule_), "approval (0 of 2): needs 2 of release-managers");
  EXPECT_EQ(to_words(state({entry(What::approved, "ana")}), rule_),
            "approval (1 of 2): ana; needs 1 more of release-managers");
  JournalEntry no = rejection("ana", "7@laptop");
  no.message = "not today";
  EXPECT_EQ(to_words(state({no}), rule_), "rejected by ana \"not today\"");
}

}  // namespace
}  // namespace penstock
