#include "deployments/news.h"

#include <utility>

#include "environments/environment_spec.h"

namespace penstock {

News::News(RolloutObserver& inner, const EnvironmentSpec& spec,
           std::function<Result<std::string>(const std::string&)> secret)
    : inner_(inner), spec_(spec) {
  if (!spec.notify.empty()) notifier_ = std::make_unique<Notifier>(spec.notify, std::move(secret));
}

News::~News() {
  if (!notifier_) return;
  notifier_->wait();
  for (const std::string& warning : notifier_->take_warnings()) inner_.said(last_at_, "warning: " + warning);
}

void News::follow(const RolloutRecord& record) {
  last_ = record.summary;
  if (last_.waits_for_person) waited_for_ = last_.waits_for;
}

void News::waits(const RolloutRecord& record, const std::string& what_for, Instant now) {
  if (std::exchange(waited_for_, what_for) == what_for) return;
  tell(RolloutNews::What::waiting, record, what_for, now);
}

void News::changed(const RolloutRecord& record, const RolloutView& view) {
  inner_.changed(record, view);
  const RolloutSummary before = std::exchange(last_, record.summary);
  const RolloutSummary& now = record.summary;
  if (now.began_at && !before.began_at) tell(RolloutNews::What::started, record, {}, *now.began_at);
  if (now.waits_for_person) {
    waits(record, now.waits_for, last_at_);
  } else {
    waited_for_.clear();
  }
  if (now.promoted_at && !before.promoted_at) tell(RolloutNews::What::promoted, record, {}, *now.promoted_at);
  if (!now.ended || before.ended || now.succeeded) return;
  const bool is_back = view.phase == RolloutPhase::taken_back;
  tell(is_back ? RolloutNews::What::taken_back : RolloutNews::What::failed, record, now.reason,
       now.ended_at.value_or(last_at_));
}

void News::said(Instant at, const std::string& line) {
  last_at_ = at;
  inner_.said(at, line);
}

void News::tell(RolloutNews::What what, const RolloutRecord& record, const std::string& reason, Instant at) {
  if (!notifier_) return;
  const RolloutFacts& facts = record.facts;
  RolloutNews news;
  news.what = what;
  news.environment = facts.environment;
  news.url = spec_.url;
  news.release = facts.release;
  news.name = facts.release_name;
  news.previous = facts.from_name;
  news.commit = facts.commit;
  news.by = facts.who;
  news.reason = reason;
  news.rollout = std::to_string(record.id);
  news.at = at;
  notifier_->tell(news);
}

}  // namespace penstock
