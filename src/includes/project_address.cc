#include "includes/project_address.h"

namespace penstock {
namespace {

std::string_view trimmed_path(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.ends_with(".git")) path.remove_suffix(4);
  return path;
}

std::string_view without_user(std::string_view authority) {
  size_t at = authority.rfind('@');
  return at == std::string_view::npos ? authority : authority.substr(at + 1);
}

void set_host(ProjectAddress& address, std::string_view authority) {
  size_t colon = authority.rfind(':');
  bool has_port = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  std::string_view host = authority.substr(0, has_port ? colon : authority.size());
  if (!host.empty()) address.host = host;
  std::string_view port = has_port ? authority.substr(colon + 1) : std::string_view();
  if (!port.empty() && address.protocol != "ssh") address.port = port;
}

/// A URL without a path leaves the folder's name.
void set_path(ProjectAddress& address, std::string_view path) {
  path = trimmed_path(path);
  if (!path.empty()) address.path = path;
}

}  // namespace

std::string ProjectAddress::fqdn() const {
  const bool standard = port == (protocol == "http" ? "80" : "443");
  return host + (standard ? "" : ":" + port);
}

ProjectAddress parse_remote(std::string_view url, const std::string& folder_name) {
  ProjectAddress address;
  address.path = folder_name;
  size_t scheme = url.find("://");
  if (scheme != std::string_view::npos && !url.starts_with("file:")) {
    std::string_view name = url.substr(0, scheme);
    std::string_view rest = url.substr(scheme + 3);
    size_t slash = std::min(rest.find('/'), rest.size());
    address.protocol = std::string(name);
    if (name == "http") address.port = "80";
    std::string_view authority = without_user(rest.substr(0, slash));
    set_host(address, authority);
    set_path(address, rest.substr(slash));
    address.clone_url = std::string(name) + "://" +
                        (name == "ssh" ? rest.substr(0, slash).find('@') != std::string_view::npos ? "git@" : "" : "") +
                        std::string(authority) + std::string(rest.substr(slash));
    if (name != "http") address.protocol = "https";
    return address;
  }
  size_t colon = url.find(':');
  if (scheme == std::string_view::npos && colon != std::string_view::npos &&
      url.find('/') > colon) {  // git@host:group/project
    set_host(address, without_user(url.substr(0, colon)));
    set_path(address, url.substr(colon + 1));
  }
  address.clone_url = std::string(url);
  return address;
}

}  // namespace penstock
