#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace penstock {

/// `312 B`, `48 kB`, `2.1 MB`, `1.4 GB`: powers of 1000, as disks and package indexes count.
std::string size_words(uint64_t bytes);

/// `2GB`, `500 MB`, `1073741824`; nothing where it is no size.
std::optional<uint64_t> size_from_words(std::string_view words);

}  // namespace penstock
