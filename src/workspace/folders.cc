#include "workspace/folders.h"

#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/digest.h"
#include "git/repository.h"
#include "os/files.h"
#include "os/machine.h"
#include "workspace/overlay_probe.h"

namespace penstock::workspace {
namespace {

namespace fs = std::filesystem;

/// A repository's own folder below an XDG folder, by where it lies.
fs::path elsewhere(const fs::path& xdg, const git::Repository& repository) {
  return xdg / "penstock" / to_hex(sha256(repository.common_folder().native())).substr(0, 16);
}

bool is_usable(const fs::path& folder) {
  return os::ensure_folder(folder, 0700).ok() && ::access(folder.c_str(), W_OK | X_OK) == 0;
}

/// What the answer of a probe depends on.
std::string circumstances(const fs::path& folder) {
  utsname system{};
  struct stat status {};
  if (::uname(&system) != 0 || ::stat(folder.c_str(), &status) != 0) return {};
  return std::string(system.release) + " " + std::to_string(::geteuid()) + " " + std::to_string(status.st_dev) + "\n";
}

/// Why no overlay can be mounted on `folder`; empty where one can. Only a good answer is remembered: a bad one may have
/// been mended.
std::string reason_against(const fs::path& folder) {
  const fs::path memory = folder / "overlay-works";
  const std::string now = circumstances(folder);
  auto before = os::read_file_if_exists(memory, 4096);
  if (before.ok() && *before == now && !now.empty()) return {};
  std::string reason = probe_overlay(folder);
  if (reason.empty()) (void)os::write_atomically(memory, now);
  return reason;
}

}  // namespace

Result<fs::path> state_folder(const git::Repository& repository) {
  fs::path folder = repository.common_folder() / "penstock";
  if (!os::is_network_file_system(repository.common_folder()) && is_usable(folder)) return folder;
  folder = elsewhere(os::xdg_folder("XDG_STATE_HOME", ".local/state"), repository);
  PENSTOCK_CHECK(os::ensure_folder(folder, 0700));
  return folder;
}

Result<LayerFolder> layer_folder(const git::Repository& repository) {
  PENSTOCK_TRY(const fs::path state, state_folder(repository));
  const fs::path beside = state / "layers";
  const fs::path cache = elsewhere(os::xdg_folder("XDG_CACHE_HOME", ".cache"), repository) / "layers";
  LayerFolder found{beside, false, ""};
  PENSTOCK_CHECK(os::ensure_folder(beside));
  found.reason = reason_against(beside);
  if (found.reason.empty()) return LayerFolder{beside, true, ""};
  if (is_usable(cache) && reason_against(cache).empty()) return LayerFolder{cache, true, ""};
  return found;
}

}  // namespace penstock::workspace
