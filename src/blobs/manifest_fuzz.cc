#include <cstdlib>

#include "blobs/tree.h"

/// Whatever is read as a manifest is written back as one that reads the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto tree = penstock::parse_manifest({reinterpret_cast<const char*>(data), size});
  if (!tree.ok()) return 0;
  const std::string manifest = penstock::to_manifest(*tree);
  const auto again = penstock::parse_manifest(manifest);
  if (!again.ok() || penstock::to_manifest(*again) != manifest) std::abort();
  return 0;
}
