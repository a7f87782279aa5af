#include "protocol/json.h"

#include <gtest/gtest.h>

#include <random>

namespace penstock {
namespace {

/// Values with everything set now and then, from a seed.
class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}

  bool coin() { return random_() % 2 == 0; }
  int64_t number() { return static_cast<int64_t>(random_() % 100000); }
  std::string text() {
    static const char* const kTexts[] = {
        "", "a", "$HOME/${X}", "zwölf \"zitierte\"\n\tZeilen", "emoji \xf0\x9f\x8e\x89", "\x01\x02"};
    return kTexts[random_() % std::size(kTexts)];
  }
  Digest digest() { return sha256(std::to_string(random_())); }
  template <class Make>
  auto some(Make make) {
    std::vector<decltype(make())> items;
    for (unsigned left = random_() % 3; left > 0; --left) items.push_back(make());
    return items;
  }
  Variable variable() { return {"N" + std::to_string(random_() % 50), text(), coin(), coin(), coin()}; }

 private:
  std::mt19937 random_;
};

JobSpec random_spec(Dice& dice) {
  JobSpec spec;
  spec.run = dice.number();
  spec.id = dice.number();
  spec.job = "job " + dice.text();
  spec.stage = dice.text();
  spec.attempt = static_cast<int>(dice.number());
  spec.dialect = "gitlab";
  spec.repository = "/home/ana/app" + dice.text();
  spec.commit = to_hex(dice.digest());
  spec.ref = dice.text();
  spec.worktree_layer = dice.text();
  spec.variables = dice.some([&] { return dice.variable(); });
  const auto step = [&] { return Step(ScriptStep{dice.some([&] { return dice.text(); })}); };
  spec.steps = dice.some(step);
  spec.after_steps = dice.some(step);
  spec.timeout = Duration(dice.number());
  spec.after_timeout = Duration(dice.number());
  if (dice.coin()) spec.image = Image{"python:3.11", dice.some([&] { return dice.text(); }), {}, dice.text(), {}};
  spec.services = dice.some([&] {
    return Service{Image{"redis", {}, {}, {}, {}}, {"cache"}, {dice.text()}, {dice.variable()}};
  });
  spec.inputs = dice.some([&] { return ArtifactInput{"build", dice.digest()}; });
  spec.caches = dice.some([&] {
    Cache cache;
    cache.key = dice.text();
    cache.paths = dice.some([&] { return dice.text(); });
    cache.when = KeepWhen::always;
    return cache;
  });
  spec.artifacts.paths = dice.some([&] { return dice.text(); });
  if (dice.coin()) spec.artifacts.reports["junit"] = {"report.xml"};
  if (dice.coin()) spec.artifacts.expire_in = Duration(dice.number());
  spec.coverage = dice.text();
  spec.unmet = dice.text();
  if (dice.coin()) spec.rollout = JobRollout{dice.text()};
  if (dice.coin()) spec.trigger = Trigger{dice.text(), dice.text(), {}, dice.coin(), {}, dice.coin()};
  if (dice.coin()) spec.environment = Environment{"production", dice.text(), "start", "production", "", ""};
  return spec;
}

JobResult random_result(Dice& dice) {
  JobResult result;
  result.outcome.reason = dice.coin() ? EndReason::passed : EndReason::out_of_memory;
  if (dice.coin()) result.outcome.exit_code = static_cast<int>(dice.number());
  result.outcome.detail = dice.text();
  result.failed_command = dice.text();
  result.started_at = Instant(Duration(dice.number()));
  result.ended_at = Instant(Duration(dice.number()));
  result.peak_memory = static_cast<uint64_t>(dice.number());
  result.cpu_time = Duration(dice.number());
  result.artifacts = dice.some([&] {
    KeptArtifact artifact{"archive", dice.text(), dice.digest(), static_cast<uint64_t>(dice.number()), 7, {}};
    if (dice.coin()) artifact.expires_at = Instant(Duration(dice.number()));
    return artifact;
  });
  result.packages = dice.some([&] { return dice.text(); });
  if (dice.coin()) {
    result.tests = TestSummary{4, 1, 2, 3, 0.25, {}};
    result.tests->failures = dice.some([&] { return FailedTest{"t", dice.text(), 4, dice.text(), dice.text()}; });
  }
  if (dice.coin()) result.coverage = 93.25;
  result.dotenv = dice.some([&] { return Variable{"V", dice.text(), dice.coin(), false, false}; });
  result.environment_url = dice.text();
  result.log_bytes = uint64_t{1} << 40;
  result.notes = dice.some([&] { return dice.text(); });
  return result;
}

TEST(JobSpecJson, ReadsBackWhatItWrote) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    Dice dice(seed);
    const JobSpec spec = random_spec(dice);
    const auto read = job_spec_from_json(to_json(spec));
    ASSERT_TRUE(read.ok()) << "seed " << seed << ": " << read.error().message;
    EXPECT_EQ(*read, spec) << "seed " << seed;
  }
}

TEST(JobResultJson, ReadsBackWhatItWrote) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    Dice dice(seed);
    const JobResult result = random_result(dice);
    const auto read = job_result_from_json(to_json(result));
    ASSERT_TRUE(read.ok()) << "seed " << seed << ": " << read.error().message;
    EXPECT_EQ(*read, result) << "seed " << seed;
  }
}

TEST(JobResultJson, IgnoresWhatANewerPeerSays) {
  const auto read =
      job_result_from_json(R"({"outcome": {"reason": "passed", "mood": 1}, "started_at_ms": 5, "new": [1]})");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->started_at, Instant(Duration(5)));
}

TEST(JobResultJson, NamesTheMemberThatIsWrong) {
  const auto read = job_result_from_json(R"({"outcome": {"reason": "bad mood"}})");
  ASSERT_FALSE(read.ok());
  EXPECT_NE(read.error().message.find("\"bad mood\" is not one of its words"), std::string::npos)
      << read.error().message;
  EXPECT_FALSE(
      job_result_from_json(R"({"outcome": {"reason": "passed"}, "artifacts": [{"kind": "archive", "tree": "xyz"}]})")
          .ok());
  EXPECT_FALSE(job_result_from_json("{").ok());
  EXPECT_FALSE(job_spec_from_json("[]").ok());
}

}  // namespace
}  // namespace penstock
