#include "os/machine.h"

#include <malloc.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "os/environment.h"
#include "os/signals.h"

namespace penstock::os {
namespace {

bool is_executable(const std::filesystem::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

/// From linux/magic.h and the file systems' own sources.
constexpr std::array<unsigned long, 15> kNetworkMagic{
    0x6969,      // NFS
    0x517B,      // SMB
    0xFF534D42,  // CIFS
    0xFE534D42,  // SMB 2
    0x01021997,  // 9p, also the drives of WSL
    0x564C,      // NCP
    0x5346414F,  // AFS
    0x6B414653,  // kAFS
    0x73757245,  // Coda
    0x00C36400,  // Ceph
    0x0BD00BD0,  // Lustre
    0x47504653,  // GPFS
    0x01161970,  // GFS2
    0x7461636F,  // OCFS2
    0x65735546,  // FUSE
};

}  // namespace

std::optional<std::filesystem::path> find_program(const std::string& name, const std::string& path) {
  if (name.empty()) return std::nullopt;
  if (name.find('/') != std::string::npos) {
    if (is_executable(name)) return name;
    return std::nullopt;
  }
  for (std::string_view rest = path;;) {
    size_t colon = rest.find(':');
    std::string_view folder = rest.substr(0, colon);
    // An empty entry means the current folder; programs of a repository must not be picked up by standing in it.
    if (!folder.empty() && folder.front() == '/') {
      std::filesystem::path candidate = std::filesystem::path(folder) / name;
      if (is_executable(candidate)) return candidate;
    }
    if (colon == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(colon + 1);
  }
}

std::optional<std::filesystem::path> find_program(const std::string& name) {
  return find_program(name, environment_variable("PATH").value_or("/usr/local/bin:/usr/bin:/bin"));
}

bool is_network_file_system(const std::filesystem::path& path) {
  for (std::filesystem::path there = path.empty() ? "." : path;;) {
    struct statfs status {};
    if (::statfs(there.c_str(), &status) == 0) {
      const auto magic = static_cast<unsigned long>(status.f_type) & 0xFFFFFFFFUL;
      return std::find(kNetworkMagic.begin(), kNetworkMagic.end(), magic) != kNetworkMagic.end();
    }
    std::filesystem::path above = there.parent_path();
    if (above == there) return false;
    there = above.empty() ? "." : above;
  }
}

User current_user() {
  User user;
  user.id = ::geteuid();
  user.name = std::to_string(user.id);
  passwd record{};
  passwd* found = nullptr;
  std::vector<char> buffer(16384);
  if (::getpwuid_r(user.id, &record, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    user.name = record.pw_name;
    user.home = record.pw_dir;
  }
  if (auto home = environment_variable("HOME"); home && !home->empty()) user.home = *home;
  if (user.home.empty()) user.home = "/";
  return user;
}

std::filesystem::path xdg_folder(const char* name, const char* fallback) {
  if (auto given = environment_variable(name); given && given->starts_with('/')) return *given;
  return current_user().home / fallback;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

void expect_large_heap(size_t bytes) {
  constexpr size_t kPiece = size_t{1} << 20;
  constexpr size_t kMost = size_t{64} << 20;
  constexpr int kLargestBlock = 32 << 20;  // that the C library lets come from the heap
  static std::atomic_flag done;
  if (done.test_and_set() || processor_count() < 2) return;
  const size_t heap = std::min(bytes, kMost) / kPiece * kPiece + 2 * kPiece;
  // Large blocks too come from the heap and go back to it: not a mapping of their own each time.
  ::mallopt(M_MMAP_THRESHOLD, kLargestBlock);
  ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  ::mallopt(M_TOP_PAD, static_cast<int>(heap));
  void* volatile block = ::malloc(2 * kPiece);  // more than is free now: the heap grows
  ::free(block);
  ::mallopt(M_TOP_PAD, 128 << 10);
  const uintptr_t end = reinterpret_cast<uintptr_t>(::sbrk(0)) / kPiece * kPiece;
  const uintptr_t begin = end - heap + kPiece;
  // Where memory comes from elsewhere (a sanitizer's allocator), what lies there is of no use, and stays as it is.
  const auto fault_in = [begin, end] {
    for (uintptr_t at = begin; at < end; at += kPiece) {
      if (::madvise(reinterpret_cast<void*>(at), kPiece, MADV_POPULATE_WRITE) != 0) return;
    }
  };
  try {
    const SignalShelter shelter;
    std::thread(fault_in).detach();
  } catch (const std::system_error&) {  // no thread can be had: all of it goes a bit slower
  }
}

unsigned processor_count() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

}  // namespace penstock::os
