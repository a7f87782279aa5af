#pragma once

#include <string>
#include <string_view>

namespace penstock {

/// Where the project lies on its server, read from a remote's URL; of a repository without one, from its folder's name.
struct ProjectAddress {
  std::string protocol = "https";
  std::string host = "localhost";
  std::string port = "443";
  std::string path;       ///< `group/sub/project`.
  std::string clone_url;  ///< Without user name and password.

  /// `host`, or `host:port` where that isn't the protocol's own: CI_SERVER_FQDN.
  [[nodiscard]] std::string fqdn() const;
};
ProjectAddress parse_remote(std::string_view url, const std::string& folder_name);

}  // namespace penstock
