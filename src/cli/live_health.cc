#include "cli/live_health.h"

#include <algorithm>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "cli/chosen_instances.h"
#include "cli/delivery_desk.h"
#include "delivery/ledger.h"
#include "delivery/target.h"
#include "os/clock.h"

namespace penstock {
namespace {

constexpr size_t kAtATime = 64;

using Standing = rollout_event::Observed::Standing;

/// The question with all that it needs, for as long as its thread works: whoever asked may have gone.
struct Question {
  Question(const World& asker, EnvironmentSpec its_spec, std::string its_release)
      : world{clock, asker.environment, asker.folder, asker.outputs},
        spec(std::move(its_spec)),
        release(std::move(its_release)) {}

  os::SystemClock clock;
  World world;
  EnvironmentSpec spec;
  std::string release;

  std::mutex mutex;
  std::condition_variable done;
  std::optional<LiveHealth> answer;
};

/// Empty: it is ready.
std::string why_unwell(Target& target, const EnvironmentSpec& spec, const Standing& standing) {
  if (!standing.running) return "doesn't run";
  const auto probed = target.probe(standing.instance, spec.readiness, spec.rollout.health.timeout);
  if (!probed) return probed.error().message;
  return probed->ok ? std::string() : probed->detail;
}

Result<LiveHealth> ask(Question& question) {
  PENSTOCK_TRY(Project project, open_project(question.world));
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, question.world));
  PENSTOCK_TRY(const EnvironmentAccess access, desk->access(question.spec));
  PENSTOCK_TRY(std::vector<Standing> all, access.target->observe());
  std::erase_if(all, [&](const Standing& each) { return each.instance.release != question.release; });
  LiveHealth health;
  health.total = std::max(static_cast<int>(all.size()), question.spec.rollout.instances);
  for (size_t start = 0; start < all.size(); start += kAtATime) {
    std::vector<std::future<std::string>> asked;
    for (size_t i = start; i < std::min(all.size(), start + kAtATime); ++i) {
      asked.push_back(std::async(std::launch::async,
                                 [&, &one = all[i]] { return why_unwell(*access.target, question.spec, one); }));
    }
    for (size_t i = 0; i < asked.size(); ++i) {
      std::string why = asked[i].get();
      if (why.empty()) {
        ++health.ready;
      } else {
        health.unwell.emplace_back(instance_name(all[start + i].instance.address), std::move(why));
      }
    }
  }
  return health;
}

}  // namespace

LiveHealth ask_health(const World& world, const EnvironmentSpec& spec, const std::string& release, Duration at_most) {
  const auto question = std::make_shared<Question>(world, spec, release);
  std::thread([question] {
    auto asked = ask(*question);
    LiveHealth health;
    if (asked) {
      health = *std::move(asked);
    } else {
      health.not_reached = asked.error().message;
    }
    const std::lock_guard lock(question->mutex);
    question->answer = std::move(health);
    question->done.notify_all();
  }).detach();
  std::unique_lock lock(question->mutex);
  if (question->done.wait_for(lock, at_most, [&] { return question->answer.has_value(); })) return *question->answer;
  LiveHealth nothing;
  nothing.not_reached = "no answer within " + to_words(at_most);
  nothing.left_behind = true;
  return nothing;
}

}  // namespace penstock
