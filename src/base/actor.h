#pragma once

#include <string>

namespace penstock {

/// Who did something. On a laptop: git's configured user, unproved. A server fills it from its sign-in.
struct Actor {
  std::string name;
  std::string email;
  bool proved = false;

  friend bool operator==(const Actor&, const Actor&) = default;
};

}  // namespace penstock
