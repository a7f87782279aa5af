#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "os/files.h"
#include "secrets/sealer.h"
#include "secrets/secret_file.h"

using namespace penstock;

/// Any file of secrets is read or called damaged; of what it lists, nothing opens that our key didn't seal.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const int file = ::memfd_create("secrets", 0);
  static const os::TempFolder folder = std::move(os::TempFolder::make()).value();
  static const Sealer sealer = std::move(Sealer::open(folder.path() / "key")).value();
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
  const SecretFile secrets("/proc/self/fd/" + std::to_string(file));
  const auto listed = secrets.list();
  if (!listed.ok()) {
    if (listed.error().message.empty()) std::abort();
    return 0;
  }
  for (const SecretFile::Entry& entry : *listed) {
    if (secrets.get(sealer, entry.name).ok()) std::abort();
  }
  return 0;
}
