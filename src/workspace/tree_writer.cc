#include "workspace/tree_writer.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "os/errors.h"

namespace penstock::workspace {
namespace {

constexpr int kFolder = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::string_view last_component(std::string_view path) { return path.substr(path.rfind('/') + 1); }

Error failed(std::string_view what, std::string_view path, int number) {
  return os::system_error(std::string(what) + " `" + std::string(path) + "` in a layer", number);
}

bool is_git_folder(std::string_view component) {
  if (component.size() != 4 || component[0] != '.') return false;
  return (component[1] | 0x20) == 'g' && (component[2] | 0x20) == 'i' && (component[3] | 0x20) == 't';
}

}  // namespace

bool is_writable_path(std::string_view path) {
  for (bool more = true; more;) {
    const size_t slash = path.find('/');
    const std::string_view component = path.substr(0, slash);
    if (component.empty() || component == "." || component == ".." || is_git_folder(component)) return false;
    more = slash != std::string_view::npos;
    if (more) path.remove_prefix(slash + 1);
  }
  return true;
}

Result<TreeWriter> TreeWriter::open(const std::filesystem::path& tree) {
  os::UniqueFd fd(::open(tree.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return failed("can't open", tree.native(), errno);
  return TreeWriter(std::move(fd));
}

Result<os::UniqueFd> TreeWriter::parent_of(std::string_view path, bool make) const {
  if (!is_writable_path(path)) {
    return Error{Fault::user, "the commit holds the path `" + std::string(path) + "`, which must not be written", ""};
  }
  os::UniqueFd here(::openat(tree_.get(), ".", kFolder));
  for (size_t start = 0, slash = path.find('/'); slash != std::string_view::npos;
       start = slash + 1, slash = path.find('/', start)) {
    const std::string component(path.substr(start, slash - start));
    if (make && ::mkdirat(here.get(), component.c_str(), 0777) != 0 && errno != EEXIST)
      return failed("can't make", path, errno);
    here.reset(::openat(here.get(), component.c_str(), kFolder));
    if (!here && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) return os::UniqueFd();
    if (!here) return failed("can't open", path, errno);
  }
  return here;
}

Result<> TreeWriter::whiteout(std::string_view path) const {
  PENSTOCK_TRY(const os::UniqueFd parent, parent_of(path, true));
  // A file stands where a folder of this path was: it hides all of that.
  if (!parent) return success();
  const std::string name(last_component(path));
  if (::mknodat(parent.get(), name.c_str(), S_IFCHR, ::makedev(0, 0)) != 0 && errno != EEXIST) {
    return failed("can't mark as deleted", path, errno);
  }
  return success();
}

Result<> TreeWriter::make_folder(std::string_view path) const {
  PENSTOCK_TRY(const os::UniqueFd parent, parent_of(path, true));
  const std::string name(last_component(path));
  if (!parent || (::mkdirat(parent.get(), name.c_str(), 0777) != 0 && errno != EEXIST))
    return failed("can't make", path, errno);
  return success();
}

Result<std::optional<struct stat>> TreeWriter::look(std::string_view path) const {
  PENSTOCK_TRY(const os::UniqueFd parent, parent_of(path, false));
  struct stat status {};
  if (!parent) return std::optional<struct stat>();
  if (::fstatat(parent.get(), std::string(last_component(path)).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return std::optional<struct stat>();
    return failed("can't look at", path, errno);
  }
  return std::optional<struct stat>(status);
}

Result<> TreeWriter::set_time(std::string_view path, timespec time) const {
  // Git has just written this tree by the same rules; one call a file is all that 50,000 of them can afford.
  const timespec times[2] = {time, time};
  if (::utimensat(tree_.get(), std::string(path).c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) {
    return failed("can't set the time of", path, errno);
  }
  return success();
}

}  // namespace penstock::workspace
