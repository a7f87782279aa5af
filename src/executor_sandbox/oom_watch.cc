#include "executor_sandbox/oom_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "os/files.h"
#include "os/unique_fd.h"

namespace penstock::sandbox {

int64_t count_oom_kills() {
  os::UniqueFd file(::open("/proc/vmstat", O_RDONLY | O_CLOEXEC));
  if (!file) return 0;
  Result<std::string> text = os::read_all(file.get());
  if (!text.ok()) return 0;
  const std::string label = "\noom_kill ";
  const size_t found = text->find(label);
  return found == std::string::npos ? 0 : std::strtoll(text->c_str() + found + label.size(), nullptr, 10);
}

bool OomWatch::struck() {
  std::lock_guard guard(mutex_);
  const int64_t now = count_oom_kills();
  return std::exchange(count_, now) < now;
}

}  // namespace penstock::sandbox
