#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "hosts/host_shell.h"

namespace penstock {

/// A content that a host is to have.
struct HostFile {
  Digest digest;
  uint64_t size = 0;
};

/// Makes `folder` of the host (made where it is missing) hold each of these contents under its digest in hex. Only what
/// it lacks travels, in one stream; a file gets its name when its SHA-256 was verified there and it is synced. `source`
/// is asked for a local file of each content that travels. Gives the number of bytes that travelled.
Result<uint64_t> upload_missing(HostShell& host, const std::string& folder, const std::vector<HostFile>& files,
                                const std::function<Result<std::filesystem::path>(const HostFile&)>& source);

}  // namespace penstock
