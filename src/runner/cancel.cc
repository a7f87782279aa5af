#include "runner/cancel.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

namespace penstock {

Cancel::Cancel() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Cancel::Cancel(const Cancel& parent, Level from) : Cancel() {
  parent_ = &parent;
  from_ = from;
  const std::lock_guard lock(parent.mutex_);
  parent.children_.push_back(this);
  if (parent.level() >= from) request(parent.level());
}

Cancel::~Cancel() {
  if (parent_ != nullptr) {
    const std::lock_guard lock(parent_->mutex_);
    std::erase(parent_->children_, this);
  }
  if (fd_ >= 0) ::close(fd_);
}

void Cancel::request(Level level) {
  Level before = level_.load();
  while (before < level && !level_.compare_exchange_weak(before, level)) {
  }
  if (before >= level) return;
  ::eventfd_write(fd_, 1);
  const std::lock_guard lock(mutex_);
  for (Cancel* child : children_) {
    if (level >= child->from_) child->request(level);
  }
}

}  // namespace penstock
