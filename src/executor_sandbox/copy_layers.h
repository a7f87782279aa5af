#pragma once

#include <string>

#include "base/result.h"

namespace penstock::sandbox {

/// Puts a layer of an overlay on what lies in the folder `onto` already: its files replace, what it marks as removed
/// goes. Shares blocks with the original where the file system can (reflinks), copies otherwise.
Result<> copy_layer(const std::string& layer, const std::string& onto);

}  // namespace penstock::sandbox
