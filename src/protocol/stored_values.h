#pragma once

#include "base/digest.h"
#include "base/json_reader.h"

namespace penstock {

/// How a digest is read. For .cc files, as base/json_reader.h is.
inline void read_json(const nlohmann::json& json, Digest& digest) {
  std::string hex;
  json_reading::read_json(json, hex);
  const auto found = digest_from_hex(hex);
  if (!found) json_reading::refuse("a digest of 64 hexadecimal digits is expected");
  digest = *found;
}

}  // namespace penstock
