#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace penstock {

/// How a blob folder is laid out.
inline constexpr const char* kUnfinishedFolder = "new";

/// `ab/cdef….zst`.
std::string blob_path(const Digest& digest);
/// The digest that a file `name` in sub-folder `folder` goes by; nothing where it is no blob.
std::optional<Digest> digest_of_blob(std::string_view folder, std::string_view name);

}  // namespace penstock
