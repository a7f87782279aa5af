#include "blobs/blob_folder.h"

namespace penstock {
namespace {
constexpr std::string_view kSuffix = ".zst";
}

std::string blob_path(const Digest& digest) {
  std::string hex = to_hex(digest);
  hex.insert(2, 1, '/');
  return hex.append(kSuffix);
}

std::optional<Digest> digest_of_blob(std::string_view folder, std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  return digest_from_hex(std::string(folder).append(name));
}

}  // namespace penstock
