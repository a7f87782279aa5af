#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace penstock {

/// A container image's name, taken apart as Docker does: `[HOST[:PORT]/]PATH[:TAG][@sha256:DIGEST]`.
struct ImageName {
  std::string registry;  ///< Empty: the name doesn't say; what comes first is a host if it has a dot or a port.
  std::string path;
  std::string tag;     ///< Empty: `latest` is meant, unless there is a digest.
  std::string sha256;  ///< In hex; empty: none.

  friend bool operator==(const ImageName&, const ImageName&) = default;
};

/// Nothing where it is no name, such as one with variables in it.
std::optional<ImageName> parse_image_name(std::string_view text);

}  // namespace penstock
