#include "os/unique_fd.h"

#include <unistd.h>

namespace penstock::os {

void UniqueFd::reset(int fd) {
  // Linux has released the descriptor even where close() reports an error: trying again could close a stranger's.
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

}  // namespace penstock::os
