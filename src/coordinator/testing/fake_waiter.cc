#include "coordinator/testing/fake_waiter.h"

#include <poll.h>

#include <algorithm>
#include <stdexcept>

namespace penstock::testing {

bool FakeWaiter::look() {
  const std::map<int, std::function<void()>> watches = watches_;
  bool any = false;
  for (const auto& [fd, readable] : watches) {
    pollfd one{fd, POLLIN, 0};
    if (::poll(&one, 1, 0) <= 0) continue;
    readable();
    any = true;
  }
  return any;
}

void FakeWaiter::wait(std::optional<Instant> until) {
  const bool did = meanwhile && meanwhile();
  if (look() || did) return;
  std::optional<Instant> next = dispatcher_.next_end();
  if (until) next = next ? std::min(*next, *until) : *until;
  if (!next) throw std::runtime_error("the loop sleeps for good");
  if (*next > clock_.now()) clock_.advance(*next - clock_.now());
}

}  // namespace penstock::testing
