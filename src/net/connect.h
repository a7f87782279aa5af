#pragma once

#include <string>

#include "base/result.h"
#include "net/patience.h"
#include "os/unique_fd.h"

namespace penstock::net {

/// A connected, non-blocking socket. Of a name's addresses the first that answers is taken. Errors hold the bare
/// reason: `connection refused`.
Result<os::UniqueFd> connect_tcp(const std::string& host, int port, const Patience& patience);
Result<os::UniqueFd> connect_unix(const std::string& path, const Patience& patience);

}  // namespace penstock::net
