#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rollout/command.h"
#include "rollout/event.h"
#include "rollout/spec.h"

namespace penstock::testing {

class Chance {
 public:
  explicit Chance(uint64_t seed) : engine_(static_cast<std::mt19937::result_type>(seed * 2654435761U + 1)) {}
  int below(int limit) { return limit <= 0 ? 0 : static_cast<int>(engine_() % static_cast<uint32_t>(limit)); }
  bool one_in(int chances) { return chances > 0 && below(chances) == 0; }

 private:
  std::mt19937 engine_;
};

/// What goes wrong, each as `one in so many`; 0: never.
struct Mischief {
  int command_fails = 0;
  int answer_is_late = 0;  ///< Takes up to 20 s more.
  int probe_flaps = 0;
  int instance_dies = 0;  ///< By a probe of it.
  int host_dies = 0;      ///< By a command on it.
  int answered_twice = 0;
};

/// How a release behaves.
struct Character {
  Duration ready_after{300};
  bool never_ready = false;
  std::optional<Duration> sick_after;  ///< Not ready any more, so long after its start.
  Verdict verdict = Verdict::pass;
};

/// A simulated target: hosts, instances, a proxy, a journal and the clock, with the delays and the bad luck that a seed
/// gives. It carries out a rollout's commands and tells what becomes of them.
class RolloutWorld {
 public:
  RolloutWorld(RolloutSpec spec, uint64_t seed, Mischief mischief);

  struct Running {
    std::string release;
    bool running = true;
    Instant since;
    std::optional<Instant> back_at;  ///< It died, and its service manager starts it again then.
    InstanceGroup group = InstanceGroup::stable;
    bool was_ready = false;
    bool ill = false;      ///< It isn't any more.
    Instant well_at;       ///< When it was ready last.
    bool drained = false;  ///< Since it last had traffic.
    bool had_traffic = false;
  };

  /// Stands there, ready, before the rollout begins. With a share of the traffic when all are placed.
  void place(const InstanceAddress& address, const std::string& release);
  void share_traffic_among(const std::string& release, const std::string& also = {});
  /// The same instances stand there, and the same of them have traffic.
  void stand_as(const RolloutWorld& other);
  Character& character(const std::string& release) { return characters_[release]; }

  void act(const RolloutCommand& command);
  [[nodiscard]] rollout_event::Observed observe() const;
  /// It goes down with all that runs there, and nobody reaches it any more. Who tries knows so long after.
  void host_dies(const std::string& host, Duration known_after = {});
  /// The driver dies: what was under way is done or not, and nobody hears of it.
  void driver_dies();
  /// The next thing that happens, not after `until`; the clock stands there afterwards.
  std::optional<RolloutEvent> next(std::optional<Instant> until);
  void kill(const InstanceAddress& address);

  [[nodiscard]] Instant now() const { return now_; }
  void sleep(Duration time) {
    now_ += time;
    look_at_all();
  }
  [[nodiscard]] bool is_ready(const InstanceAddress& address) const;
  [[nodiscard]] int weight(const InstanceAddress& address) const;
  [[nodiscard]] const std::map<InstanceAddress, Running>& instances() const { return instances_; }
  [[nodiscard]] const TrafficSplit& split() const { return split_; }
  [[nodiscard]] const std::vector<rollout_command::Record>& journal() const { return journal_; }
  [[nodiscard]] const std::vector<std::string>& story() const { return story_; }
  [[nodiscard]] const std::set<std::string>& dead_hosts() const { return dead_hosts_; }
  [[nodiscard]] const std::vector<std::string>& hooks() const { return hooks_; }
  /// Instances that the world itself took away or made ill, in all.
  [[nodiscard]] int damage() const { return damage_; }
  /// Rules that a command broke when it was carried out, in words.
  [[nodiscard]] const std::vector<std::string>& offences() const { return offences_; }

  /// Decides whether a command fails, before chance does.
  std::function<std::optional<std::string>(const RolloutCommand&)> refuses;

 private:
  struct Happening {
    Instant at;
    int64_t number = 0;
    enum class What { answer, probe } what = What::answer;
    RolloutCommand command;
    InstanceAddress address;
    int64_t watch = 0;
    bool operator<(const Happening& other) const { return std::pair(at, number) > std::pair(other.at, other.number); }
  };
  struct Carry;
  struct Reach;

  void schedule(Happening happening, Duration after);
  Duration delay_of(const RolloutCommand& command);
  std::optional<RolloutEvent> happen(const Happening& happening);
  std::optional<RolloutEvent> answer(const RolloutCommand& command);
  std::optional<RolloutEvent> probe(const Happening& happening);
  void look_at_all();
  void a_host_dies();
  [[nodiscard]] bool anybody_is_ready() const;
  void offend(const std::string& what) { offences_.push_back(what); }

  RolloutSpec spec_;
  Chance random_;
  Mischief mischief_;
  Instant now_{std::chrono::hours(24 * 365)};
  int64_t numbers_ = 0;
  int64_t watches_ = 0;
  std::priority_queue<Happening> queue_;
  std::map<InstanceAddress, Running> instances_;
  std::map<std::string, Character> characters_;
  std::map<InstanceAddress, int64_t> watched_;
  std::set<std::pair<std::string, std::string>> prepared_;
  std::set<std::string> dead_hosts_;
  Duration dead_known_after_{};
  TrafficSplit split_;
  std::vector<rollout_command::Record> journal_;
  std::vector<std::string> story_;
  std::vector<std::string> hooks_;
  std::vector<std::string> offences_;
  int damage_ = 0;
};

}  // namespace penstock::testing
