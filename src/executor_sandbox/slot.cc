#include "executor_sandbox/slot.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "executor_sandbox/furnish.h"
#include "os/errors.h"
#include "os/files.h"
#include "os/unique_fd.h"

namespace penstock::sandbox {

Trace trace_of(int folder) {
  Trace trace;
  struct stat status {};
  DIR* entries = ::fdopendir(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (entries == nullptr) return trace;
  if (::fstat(folder, &status) == 0) trace = {status.st_mode, status.st_uid, status.st_gid, status.st_ctim, 0, 0};
  while (::readdir(entries) != nullptr) ++trace.entries;
  ::closedir(entries);
  trace.attributes = ::flistxattr(folder, nullptr, 0);
  return trace;
}

bool alike(const Trace& one, const Trace& other) {
  return one.mode == other.mode && one.owner == other.owner && one.group == other.group &&
         one.entries == other.entries && one.attributes == other.attributes && one.mode != 0;
}

bool same(const Trace& one, const Trace& other) {
  return alike(one, other) && one.changed.tv_sec == other.changed.tv_sec &&
         one.changed.tv_nsec == other.changed.tv_nsec;
}

Slot::Slot(const std::string& folder, const std::string& temporary, int number)
    : folder_(folder),
      upper_(folder + "/" + std::to_string(number) + "-upper"),
      work_(folder + "/" + std::to_string(number) + "-work"),
      at_(folder + "/" + std::to_string(number)),
      temporary_(temporary + "/" + std::to_string(number)) {}

bool is_own_temporary(const std::string& folder) {
  struct stat status {};
  return folder.starts_with("/tmp/penstock-") && folder.find('/', 5) == std::string::npos &&
         ::lstat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == ::geteuid();
}

/// What a job remembers of its TMPDIR holds again: where the folder of its executor is gone, and so nobody will remove
/// it.
bool Slot::lie_where_it_was(const std::string& temporary) {
  const std::string parent = temporary.substr(0, temporary.rfind('/'));
  if (!parent.starts_with("/tmp/penstock-")) return false;
  if (::mkdir(parent.c_str(), 0700) != 0) return false;
  if (::mkdir(temporary.c_str(), 0700) != 0 ||
      ::symlink(temporary.c_str(), (folder_ + "/" + kKeptTemporaryLink).c_str()) != 0) {
    ::rmdir(temporary.c_str());
    ::rmdir(parent.c_str());
    return false;
  }
  temporary_ = temporary;
  lies_again_ = true;
  return true;
}

Result<> Slot::prepare_temporary(const RoomPlan& plan) {
  if (!plan.job_temporary.empty() && lie_where_it_was(plan.job_temporary)) return success();
  if (::mkdir(temporary_.c_str(), 0700) != 0) return os::system_error("can't make " + temporary_, errno);
  return success();
}

Result<> Slot::prepare(const RoomPlan& plan, Rung rung, Trial& trial) {
  PENSTOCK_CHECK(prepare_temporary(plan));
  for (const std::string& path : {upper_, work_, at_}) {
    if (::mkdir(path.c_str(), 0755) != 0) return os::system_error("can't make a folder for a job's files", errno);
  }
  trial = {"mount an overlay", mount_overlay(plan.lower, upper_, work_, at_, rung)};
  if (trial.error != 0) return os::system_error("can't mount the job's copy of " + plan.project, trial.error);
  leaves_traces_ = true;
  for (Bind bind : plan.binds) {
    if (bind.target.starts_with(plan.project + "/")) {
      bind.target = at_ + bind.target.substr(plan.project.size());
      PENSTOCK_CHECK(mount_bind(bind));
      // A mount point that had to be made deep inside has folders above it that a job could fill unseen.
      const bool on_top = bind.target.find('/', at_.size() + 1) == std::string::npos;
      if (!on_top && ::access((upper_ + bind.target.substr(at_.size())).c_str(), F_OK) == 0) leaves_traces_ = false;
    }
  }
  return success();
}

void Slot::unmount() const { ::umount2(at_.c_str(), MNT_DETACH); }

bool Slot::remove_if_empty() const {
  if (lies_again_) return false;
  ::unlink((work_ + "/work/incompat/volatile/dirty").c_str());
  for (const char* part : {"/work/incompat/volatile", "/work/incompat", "/work", ""}) ::rmdir((work_ + part).c_str());
  bool all = true;
  for (const std::string& folder : {work_, upper_, at_, temporary_}) {
    all = (::rmdir(folder.c_str()) == 0 || errno == ENOENT) && all;
  }
  return all;
}

void Slot::remove() const {
  for (const std::string& folder : {work_, upper_, at_, temporary_}) (void)os::remove_tree(folder).ok();
  if (!lies_again_) return;
  ::rmdir(temporary_.substr(0, temporary_.rfind('/')).c_str());
  ::unlink((folder_ + "/" + kKeptTemporaryLink).c_str());
}

}  // namespace penstock::sandbox
