#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "rollout/rollout.h"

namespace penstock {

/// Where a rollout's story is told in lines: what it is about once nothing was told for two seconds, and again, ever
/// more seldom, while that lasts.
class QuietWatch {
 public:
  /// `environment`: what is rolled out; its services are called by their own names.
  explicit QuietWatch(std::string environment) : environment_(std::move(environment)) {}

  void changed(const std::string& environment, const RolloutView& view);
  void said(Instant at, const std::string& line);
  /// The lines that are due: `starts local:8101, 28s left`. Who tells them calls `said` too.
  std::vector<std::string> due(Instant now);

 private:
  struct Watched {
    RolloutView view;
    std::string told;
  };

  std::string environment_;
  std::map<std::string, Watched> watched_;  ///< By environment.
  std::string last_line_;
  Instant said_at_;
  Duration patience_{};  ///< Until the same is told again.
};

}  // namespace penstock
