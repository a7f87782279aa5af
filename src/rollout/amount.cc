#include <algorithm>
#include <cstdint>

#include "rollout/spec.h"

namespace penstock {

int Amount::rounded_up(int of) const {
  if (!percent) return value;
  return static_cast<int>((int64_t{value} * of + 99) / 100);
}

int Amount::rounded_down(int of) const {
  if (!percent) return value;
  return static_cast<int>(int64_t{value} * of / 100);
}

}  // namespace penstock
