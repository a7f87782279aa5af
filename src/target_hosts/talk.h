#pragma once

namespace penstock {

/// A sh function for scripts that change what listens on a unix socket of their host, under the fence
/// (delivery/fence.h) that a connection from elsewhere couldn't hold: `talk SOCKET SECONDS` sends its input there and
/// prints what is answered until the other end closes. 127: the host has nothing to do that with (Perl, Python or
/// socat).
extern const char* const kTalk;

}  // namespace penstock
