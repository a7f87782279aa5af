#pragma once

#include <sys/socket.h>

namespace penstock::net {

/// Whether this address belongs to the public internet: not this machine's, a private network's, a link's, a group's,
/// nor one of those through which IPv6 carries such an IPv4 address. Anything but IPv4 and IPv6 isn't public. By the
/// special-purpose registries of RFC 6890.
bool is_public(const sockaddr* address);

}  // namespace penstock::net
