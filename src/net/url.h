#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace penstock::net {

/// The parts of an http address that we act on.
struct Url {
  std::string scheme;  ///< Lower case.
  std::string host;    ///< An IPv6 address without its brackets.
  int port = 0;        ///< The scheme's own where none is written.
  std::string target;  ///< Path and query, as sent: `/` at least. No fragment.

  /// `host:port` as the Host header has it: the scheme's own port left out.
  [[nodiscard]] std::string authority() const;
};

/// Takes an address apart. User and password, spaces and control characters are refused. The Error (Fault::user)
/// doesn't quote the address.
Result<Url> parse_url(std::string_view text);

}  // namespace penstock::net
