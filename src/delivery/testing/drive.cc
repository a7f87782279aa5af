#include "delivery/testing/drive.h"

#include <poll.h>

#include <algorithm>
#include <stdexcept>

namespace penstock {
namespace {

constexpr Duration kPatience = std::chrono::seconds(30);

class Drive {
 public:
  Drive(Rollout& rollout, Deliverer& deliverer, const os::Clock& clock)
      : rollout_(rollout), deliverer_(deliverer), clock_(clock) {}

  std::vector<std::string> run() {
    deliverer_.observe();
    while (true) {
      for (const RolloutEvent& event : deliverer_.take_events()) apply(event);
      if (is_end(rollout_.phase()) || waits_for_a_person()) return said_;
      const Instant now = clock_.now();
      const std::optional<Instant> due = rollout_.next_due();
      if (due && *due <= now) {
        apply({now, rollout_event::TimeReached{}});
        continue;
      }
      const Duration wait = due ? std::min(*due - now, kPatience) : kPatience;
      pollfd ready{deliverer_.fd(), POLLIN, 0};
      if (::poll(&ready, 1, static_cast<int>(wait.count())) == 0 && wait == kPatience) {
        throw std::runtime_error("nothing happens: " + rollout_.to_json());
      }
    }
  }

 private:
  [[nodiscard]] bool waits_for_a_person() const {
    return rollout_.phase() == RolloutPhase::paused && !rollout_.next_due();
  }

  void apply(const RolloutEvent& event) {
    const Result<std::vector<RolloutCommand>> commands = rollout_.apply(event);
    if (!commands.ok()) throw std::runtime_error(commands.error().message);
    for (const RolloutCommand& command : *commands) {
      if (const auto* say = std::get_if<rollout_command::Say>(&command.what)) said_.push_back(say->text);
      deliverer_.act(command);
    }
  }

  Rollout& rollout_;
  Deliverer& deliverer_;
  const os::Clock& clock_;
  std::vector<std::string> said_;
};

}  // namespace

std::vector<std::string> drive(Rollout& rollout, Deliverer& deliverer, const os::Clock& clock) {
  return Drive(rollout, deliverer, clock).run();
}

}  // namespace penstock
