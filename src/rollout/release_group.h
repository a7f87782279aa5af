#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rollout/rollout.h"

namespace penstock {

/// One service of a release of several.
struct GroupMember {
  std::string name;
  std::vector<std::string> needs;  ///< Begins when these are live.

  friend bool operator==(const GroupMember&, const GroupMember&) = default;
};

/// The way back: each needs those that needed it, and they stand the last one first. What isn't among them isn't
/// needed.
std::vector<GroupMember> in_opposite_order(const std::vector<GroupMember>& members);

/// Rollouts of several services with an order between them: a pure machine above Rollout. It is told how the rollouts
/// end and answers which begin, are aborted, or go back; each of those is a rollout of its own, with its own journal,
/// lease and driver.
class ReleaseGroup {
 public:
  enum class Standing {
    waiting,
    rolling_out,
    live,
    aborting,    ///< Told to abort: another failed.
    taken_back,  ///< By its own rollout.
    returning,   ///< Was live; goes back since another failed.
    returned,
    skipped,  ///< Never began.
    failed,   ///< Neither here nor there: a person must look.
  };
  struct Command {
    enum class What {
      begin,
      abort,      ///< Steered::abort to its rollout.
      roll_back,  ///< A rollout to the release that was live before.
    };
    What what = What::begin;
    std::string name;
    friend bool operator==(const Command&, const Command&) = default;
  };

  /// With `take_back`, one failure takes all back; else those that are live stay so. An Error: names that are unknown
  /// or twice there, or that wait for each other in a circle.
  static Result<ReleaseGroup> create(std::vector<GroupMember> members, bool take_back);

  /// Those that need nobody begin.
  std::vector<Command> begin();
  /// The rollout of this one (or the rollback that was asked for) has ended in `phase`. What isn't under way is
  /// ignored.
  std::vector<Command> ended(const std::string& name, RolloutPhase phase);
  /// A person ends it: as if one had failed.
  std::vector<Command> abort();

  [[nodiscard]] bool has_ended() const;
  /// All are live.
  [[nodiscard]] bool is_live() const;
  [[nodiscard]] Standing standing(const std::string& name) const;
  [[nodiscard]] const std::vector<GroupMember>& members() const { return members_; }
  /// Begun and not ended: a new driver looks for their rollouts.
  [[nodiscard]] std::vector<Command> outstanding() const;

  [[nodiscard]] std::string to_json() const;
  static Result<ReleaseGroup> from_json(std::string_view text);

  friend bool operator==(const ReleaseGroup&, const ReleaseGroup&) = default;

 private:
  friend struct ReleaseGroupFields;
  ReleaseGroup() = default;
  [[nodiscard]] bool are_live(const std::vector<std::string>& names) const;
  std::vector<Command> advance();
  std::vector<Command> go_back();

  std::vector<GroupMember> members_;
  std::vector<Standing> standings_;  ///< By member.
  bool take_back_ = false;
  bool going_back_ = false;
};

std::string_view to_string(ReleaseGroup::Standing standing);

}  // namespace penstock
