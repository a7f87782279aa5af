#include "delivery/delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <latch>

#include "analysis/record.h"
#include "delivery/testing/delivering.h"

namespace penstock {
namespace {

using rollout_event::Done;
using rollout_event::Failed;
using rollout_event::LeaseLost;
using rollout_event::Measured;
using rollout_event::Observed;
using rollout_event::Probed;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Duration kPatience = std::chrono::seconds(30);

class Delivers : public Delivering {
 protected:
  void begin() {
    open();
    deliverer_->observe();
    ASSERT_TRUE(std::holds_alternative<Observed>(next<Observed>().what));
  }

  int64_t act(decltype(RolloutCommand::what) what) {
    deliverer_->act({++last_, std::move(what)});
    return last_;
  }

  /// The next event of one of these kinds; others on the way are dropped.
  template <class... Kinds>
  RolloutEvent next() {
    while (true) {
      for (; !events_.empty(); events_.erase(events_.begin())) {
        if ((std::holds_alternative<Kinds>(events_.front().what) || ...)) {
          RolloutEvent event = events_.front();
          events_.erase(events_.begin());
          return event;
        }
      }
      pollfd ready{deliverer_->fd(), POLLIN, 0};
      if (::poll(&ready, 1, static_cast<int>(kPatience.count())) != 1) throw std::runtime_error("nothing happens");
      events_ = deliverer_->take_events();
    }
  }
  void expect_done(int64_t id) {
    const RolloutEvent event = next<Done, Failed>();
    if (const auto* failed = std::get_if<Failed>(&event.what)) ADD_FAILURE() << failed->reason;
    if (const auto* done = std::get_if<Done>(&event.what)) {
      EXPECT_EQ(done->command, id);
    }
  }

  std::vector<RolloutEvent> events_;
  int64_t last_ = 0;
};

TEST_F(Delivers, CarriesAReleaseToAnInstanceAndBack) {
  begin();
  const Instance& instance = instances_[0];
  expect_done(act(rollout_command::Record{rollout_command::Record::What::started, "r2", {}}));
  expect_done(act(rollout_command::Prepare{"web0", "r2"}));
  expect_done(act(rollout_command::Start{instance}));
  act(rollout_command::Watch{instance, true});
  RolloutEvent event = next<Probed>();
  while (!std::get<Probed>(event.what).ok) event = next<Probed>();  // it takes a moment to listen
  EXPECT_EQ(std::get<Probed>(event.what).detail, "GET /: 200");
  const TrafficSplit split{{{instance.address, 10000}}, {}, {}};
  expect_done(act(rollout_command::Shift{split}));
  EXPECT_EQ(target_.split(), split);
  expect_done(act(rollout_command::Record{rollout_command::Record::What::promoted, "r2", {}}));
  act(rollout_command::Watch{instance, false});
  expect_done(act(rollout_command::Drain{instance, kPatience}));
  expect_done(act(rollout_command::Stop{instance}));
  expect_done(act(rollout_command::Tidy{"web0"}));
  EXPECT_THAT(target_.calls(), ElementsAre("observe", "prepare web0", "start web0", "shift", "open_requests web0",
                                           "stop web0", "tidy web0 r1 r2"));
  const auto entries = ledger_->entries(0);
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 2U);
  EXPECT_EQ((*entries)[0].what, JournalEntry::What::started);
  EXPECT_EQ((*entries)[1].what, JournalEntry::What::promoted);
  EXPECT_EQ((*entries)[1].name, "app-r2");
  EXPECT_EQ((*entries)[1].previous, "r1");
  EXPECT_EQ((*entries)[1].by.name, "ana");
  EXPECT_TRUE(ledger_->manifest("r2")->has_value());
  deliverer_.reset();
  EXPECT_FALSE(ledger_->holder()->has_value());
}

TEST_F(Delivers, TellsWhoHoldsTheEnvironmentAndTouchesNothing) {
  ASSERT_TRUE(ledger_->take({"bob on desk", "app-r3", "token-bob", {}, 0}, std::chrono::hours(1))->taken);
  open();
  deliverer_->observe();
  EXPECT_EQ(std::get<LeaseLost>(next<LeaseLost>().what).holder, "bob on desk");
  act(rollout_command::Start{instances_[0]});
  deliverer_.reset();
  EXPECT_THAT(target_.calls(), IsEmpty());
  EXPECT_EQ((*ledger_->holder())->who, "bob on desk");
}

TEST_F(Delivers, TouchesNothingOnceTheLeaseIsLost) {
  order_.lease_for = Duration(900);
  begin();
  // Somebody who believed us dead: as if our machine had slept.
  if (const std::optional<LeaseHolder> ours = *ledger_->holder()) {
    ASSERT_TRUE(ledger_->let_go(*ours).ok());
  }
  ASSERT_TRUE(ledger_->take({"bob on desk", "app-r3", "token-bob", {}, 0}, std::chrono::hours(1))->taken);
  // Between our two calls a renewal may already find the lease gone.
  EXPECT_THAT(std::get<LeaseLost>(next<LeaseLost>().what).holder, testing::AnyOf("bob on desk", "somebody else"));
  act(rollout_command::Start{instances_[0]});
  deliverer_.reset();
  EXPECT_THAT(target_.calls(), ElementsAre("observe"));
  EXPECT_EQ((*ledger_->holder())->who, "bob on desk");
}

TEST_F(Delivers, TellsThatItsEnvironmentIsLostWhereTheTargetRefuses) {
  begin();
  target_.before = [this](const std::string& call) -> Result<> {
    if (!call.starts_with("start")) return success();
    target_.is_bobs = true;
    return Error{Fault::user, "web0: it belongs to bob on desk now", ""};
  };
  act(rollout_command::Start{instances_[0]});
  EXPECT_EQ(std::get<LeaseLost>(next<LeaseLost>().what).holder, "bob on desk");
  act(rollout_command::Stop{instances_[0]});
  deliverer_.reset();
  EXPECT_THAT(target_.calls(), ElementsAre("observe", "start web0"));
}

TEST_F(Delivers, GoesOnBehindAFenceThatItsLostLedgerDoesNotKnow) {
  target_.fence = 57;
  begin();
  EXPECT_EQ(target_.fence, 58);
  EXPECT_EQ((*ledger_->holder())->fence, 58);
}

TEST_F(Delivers, KeepsTheLeaseForAsLongAsItLives) {
  order_.lease_for = Duration(3000);
  begin();
  const Instant first = (*ledger_->holder())->until;
  for (std::optional<LeaseHolder> now = *ledger_->holder(); now && now->until < first + Duration(1);) {
    now = *ledger_->holder();
    ASSERT_TRUE(now.has_value());
    EXPECT_EQ(now->token, "token-ana");
  }
}

TEST_F(Delivers, WritesNoLineOfTheJournalTwiceAfterACrash) {
  begin();
  const rollout_command::Record record{rollout_command::Record::What::started, "r2", {}};
  expect_done(act(record));
  deliverer_.reset();
  begin();
  expect_done(act(record));
  EXPECT_EQ(ledger_->entries(0)->size(), 1U);
}

TEST_F(Delivers, TouchesNothingWhereTheJournalHasMovedOnBehindWhatTheGateSaw) {
  JournalEntry other;
  other.what = JournalEntry::What::approved;
  other.by = {"bob", "bob@example.org", false};
  ASSERT_TRUE(ledger_->append(other, 0).ok());
  open();
  deliverer_->observe();
  EXPECT_EQ(std::get<LeaseLost>(next<LeaseLost>().what).holder, "bob");
  order_.begun = true;  // what is merely said of an environment takes nothing from one that is under way
  begin();
  deliverer_.reset();
  other.what = JournalEntry::What::started;
  ASSERT_TRUE(ledger_->append(other, 0).ok());
  open();
  deliverer_->observe();
  EXPECT_EQ(std::get<LeaseLost>(next<LeaseLost>().what).holder, "bob");
}

TEST_F(Delivers, SaysWhichInstanceFailedToStartWithItsLastLines) {
  target_.before = [](const std::string& call) -> Result<> {
    if (call == "start web1") return Error{Fault::job, "web1: the unit failed", "look at its log"};
    return success();
  };
  begin();
  const int64_t id = act(rollout_command::Start{instances_[1]});
  const Failed failed = std::get<Failed>(next<Failed>().what);
  EXPECT_EQ(failed.command, id);
  EXPECT_EQ(failed.reason, "web1: the unit failed; look at its log");
  EXPECT_EQ(failed.log, "last words of web1");
}

TEST_F(Delivers, AsksForManyHostsAtATimeAndOneCallAnInstance) {
  std::latch all(4);
  std::atomic<int> of_first = 0;
  std::atomic<int> most = 0;
  target_.before = [&](const std::string& call) -> Result<> {
    if (call.starts_with("prepare")) all.arrive_and_wait();  // hangs unless all four come at a time
    if (call.ends_with(" web0")) {
      most = std::max(most.load(), ++of_first);
      --of_first;
    }
    return success();
  };
  begin();
  for (int i = 0; i < 4; ++i) act(rollout_command::Prepare{"web" + std::to_string(i), "r2"});
  for (int i = 0; i < 4; ++i) next<Done>();
  for (int i = 0; i < 5; ++i) {
    act(rollout_command::Start{instances_[0]});
    act(rollout_command::Stop{instances_[0]});
  }
  for (int i = 0; i < 10; ++i) next<Done>();
  EXPECT_EQ(most, 1);
}

TEST_F(Delivers, OfShiftsThatWaitSetsOnlyTheNewest) {
  std::latch first_began(1);
  std::latch more_came(1);
  std::atomic<int> shifts = 0;
  target_.before = [&](const std::string& call) -> Result<> {
    if (call == "shift" && ++shifts == 1) {
      first_began.count_down();
      more_came.wait();
    }
    return success();
  };
  begin();
  const auto split = [&](int weight) {
    return TrafficSplit{{{instances_[0].address, weight}, {instances_[1].address, 10000 - weight}}, {}, {}};
  };
  act(rollout_command::Shift{split(100)});
  first_began.wait();
  act(rollout_command::Shift{split(200)});
  act(rollout_command::Shift{split(300)});
  more_came.count_down();
  for (int64_t id = 1; id <= 3; ++id) expect_done(id);
  EXPECT_EQ(shifts, 2);
  EXPECT_EQ(target_.split(), split(300));
}

TEST_F(Delivers, AnInstanceThatHangsDelaysNobodyElsesProbes) {
  begin();
  order_.environment.rollout.health.timeout = std::chrono::hours(1);
  for (const int i : {0, 1}) expect_done(act(rollout_command::Start{instances_[static_cast<size_t>(i)]}));
  target_.set_answer(instances_[0].address, "503");
  act(rollout_command::Watch{instances_[0], true});
  act(rollout_command::Watch{instances_[1], true});
  int good = 0;
  int bad = 0;
  std::string log;
  while (good < 3 || bad < 3) {
    const Probed probed = std::get<Probed>(next<Probed>().what);
    (probed.ok ? good : bad)++;
    if (!probed.ok) log = probed.log;
    EXPECT_EQ(probed.ok, probed.address.host == "web1" && probed.detail == "GET /: 200") << probed.detail;
    if (probed.detail == "GET /: connection refused") --bad;
  }
  EXPECT_EQ(log, "last words of web0");
}

TEST_F(Delivers, TellsThatAnInstanceIsIllThoughItsHostNoLongerGivesALog) {
  std::latch told(1);
  target_.before = [&](const std::string& call) {
    if (call == "last_log web0") told.wait();
    return success();
  };
  begin();
  expect_done(act(rollout_command::Start{instances_[0]}));
  target_.set_answer(instances_[0].address, "503");
  act(rollout_command::Watch{instances_[0], true});
  for (int bad = 0; bad < 3;) {
    const Probed probed = std::get<Probed>(next<Probed>().what);
    bad += probed.detail == "GET /: 503" ? 1 : 0;
    EXPECT_EQ(probed.log, "");
  }
  told.count_down();
  while (std::get<Probed>(next<Probed>().what).log != "last words of web0") {
  }
}

TEST_F(Delivers, WaitsForOpenRequestsBeforeItCallsAnInstanceDrained) {
  target_.open = 3;
  begin();
  const int64_t id = act(rollout_command::Drain{instances_[0], kPatience});
  while (target_.calls().size() < 4) std::this_thread::yield();  // it asked several times
  EXPECT_THAT(deliverer_->take_events(), IsEmpty());
  target_.open = 0;
  expect_done(id);
}

TEST_F(Delivers, EndsADrainAtItsLimit) {
  target_.open = 3;
  begin();
  expect_done(act(rollout_command::Drain{instances_[0], Duration(20)}));
}

TEST_F(Delivers, RunsHooksWithTheFactsOfTheRollout) {
  order_.environment.hooks = {{"before", "env | grep ^PENSTOCK_ | sort > facts"},
                              {"after", "echo one; echo two >&2; exit 3"}};
  begin();
  expect_done(act(rollout_command::RunHook{"before"}));
  const Result<std::string> facts = os::read_file(folder_.path() / "facts");
  ASSERT_TRUE(facts.ok());
  EXPECT_THAT(*facts, HasSubstr("PENSTOCK_ENVIRONMENT=production\nPENSTOCK_HOOK=before\n"));
  EXPECT_THAT(*facts, HasSubstr("PENSTOCK_RELEASE=r2\nPENSTOCK_RELEASE_NAME=app-r2\n"));
  act(rollout_command::RunHook{"after"});
  const Failed failed = std::get<Failed>(next<Failed>().what);
  EXPECT_EQ(failed.reason, "ended with exit status 3");
  EXPECT_THAT(failed.log, HasSubstr("one"));
  EXPECT_THAT(failed.log, HasSubstr("two"));
}

TEST_F(Delivers, JudgesWhatTheProxySawAndKeepsTheEvidence) {
  Metric errors;
  errors.name = "errors";
  errors.compare = Metric::Comparison{};
  order_.environment.analysis.metrics = {errors};
  begin();
  const Instant since = clock_.now();
  Instance old{{"old", 1}, "r1", InstanceGroup::stable};
  act(rollout_command::Watch{old, false});
  act(rollout_command::Watch{instances_[0], false});
  // The watcher is a thread of its own: what comes before it listens is nobody's.
  for (int64_t look = 1;; ++look) {
    for (int i = 0; i < 1000; ++i) {
      const Instant at = since + Duration(i * 60);
      target_.serve({at, old.address, 200, 1000});
      target_.serve({at, instances_[0].address, i % 3 == 0 ? 503 : 200, 1000});
    }
    act(rollout_command::Measure{since, 1, 1, InstanceGroup::stable});
    const Measured measured = std::get<Measured>(next<Measured>().what);
    if (measured.verdict == Verdict::inconclusive && look < 100) continue;
    EXPECT_EQ(measured.verdict, Verdict::fail) << measured.summary;
    const auto evidence = get(*blobs_, *digest_from_hex(measured.evidence), 1 << 24);
    ASSERT_TRUE(evidence.ok());
    const auto record = analysis_record_from_json(*evidence);
    ASSERT_TRUE(record.ok()) << record.error().message;
    EXPECT_TRUE(replay(*record).same);
    return;
  }
}

TEST_F(Delivers, GoesOnWithWhatAnotherDriversLooksGatheredOrSaysThatItIsLost) {
  Metric errors;
  errors.name = "errors";
  errors.compare = Metric::Comparison{};
  order_.environment.analysis.metrics = {errors};
  begin();
  AnalysisRecord earlier;
  earlier.input = {order_.environment.analysis, std::vector<MetricSamples>(1), 2, 3};
  const Instant since = clock_.now();
  for (int i = 0; i < 3000; ++i) {
    earlier.input.samples[0].incoming.add(since + Duration(i * 60), i % 3 == 0 ? 1 : 0);
    earlier.input.samples[0].against.add(since + Duration(i * 60), 0);
  }
  earlier.judgement = judge(earlier.input);
  const Digest kept = put(*blobs_, to_json(earlier)).value();

  act(rollout_command::Measure{since, 3, 3, InstanceGroup::stable, to_hex(kept)});
  const Measured measured = std::get<Measured>(next<Measured>().what);
  EXPECT_EQ(measured.verdict, Verdict::fail) << measured.summary;
  const auto record = analysis_record_from_json(get(*blobs_, *digest_from_hex(measured.evidence), 1 << 24).value());
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(record->input.samples, earlier.input.samples);
  EXPECT_TRUE(replay(*record).same);

  act(rollout_command::Measure{since + Duration(1), 2, 3, InstanceGroup::stable, std::string(64, 'e')});
  const Measured anew = std::get<Measured>(next<Measured>().what);
  EXPECT_EQ(anew.verdict, Verdict::inconclusive);
  EXPECT_THAT(anew.summary, HasSubstr("what earlier looks saw is lost"));
}

TEST_F(Delivers, StartsAnInstanceAnewThatNoLongerLives) {
  order_.environment.liveness = Probe{Probe::Http{}};
  order_.environment.readiness.what = Probe::Tcp{};
  begin();
  expect_done(act(rollout_command::Start{instances_[0]}));
  act(rollout_command::Watch{instances_[0], true});
  while (!std::get<Probed>(next<Probed>().what).ok) {
  }
  target_.set_answer(instances_[0].address, "500");
  Probed probed = std::get<Probed>(next<Probed>().what);
  while (probed.detail.find("restarted") == std::string::npos) probed = std::get<Probed>(next<Probed>().what);
  EXPECT_EQ(probed.detail, "no longer live (GET /: 500), restarted");
  EXPECT_FALSE(probed.ok);
}

}  // namespace
}  // namespace penstock
