#pragma once

#include <chrono>
#include <memory>
#include <stop_token>

#include "base/result.h"
#include "base/time.h"
#include "os/unique_fd.h"

namespace penstock::net {

/// How long somebody waits for descriptors: until a deadline, unless told to stop.
class Patience {
 public:
  Patience(Duration timeout, std::stop_token stop);
  ~Patience();

  /// Waits until `fd` is ready for `events` (poll's). Errors: `no answer within 2s`, `stopped`.
  Result<> wait(int fd, short events) const;

 private:
  struct Wake;
  Duration timeout_;
  std::chrono::steady_clock::time_point deadline_;
  os::UniqueFd stopped_;  ///< Readable once it is to stop; invalid where it never will be.
  std::unique_ptr<Wake> wake_;
};

}  // namespace penstock::net
