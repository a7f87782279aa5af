#include "includes/settings.h"

#include <algorithm>

namespace penstock {
namespace {

constexpr std::string_view kPlaceholder = "{project}";

std::filesystem::path with_home(const std::string& path, const std::filesystem::path& home) {
  return path.starts_with("~/") ? home / path.substr(2) : std::filesystem::path(path);
}

bool is_of_clone(const git::ConfigEntry& entry) { return entry.scope == "local" || entry.scope == "worktree"; }

bool is_transport(const git::ConfigEntry& entry) {
  if (!is_of_clone(entry)) return false;
  for (std::string_view prefix : {"url.", "http.", "credential.", "core.sshcommand"}) {
    if (entry.key.starts_with(prefix)) return true;
  }
  return false;
}

bool is_true(const std::string& value) { return value == "true" || value == "yes" || value == "on" || value == "1"; }

}  // namespace

IncludeSettings read_include_settings(const std::vector<git::ConfigEntry>& config, const std::filesystem::path& home) {
  IncludeSettings settings;
  for (const git::ConfigEntry& entry : config) {
    if (entry.key == "penstock.mirror") settings.mirrors.push_back(with_home(entry.value, home));
    if (entry.key == "penstock.remote") settings.remotes.push_back({entry.value, is_of_clone(entry)});
    if (entry.key == "penstock.templates") settings.templates.push_back(with_home(entry.value, home));
    if (entry.key == "penstock.allowhost") settings.allowed_hosts.push_back(entry.value);
    if (entry.key == "penstock.offline") settings.offline = is_true(entry.value);
    if (entry.key == "penstock.registry") settings.registry = entry.value;
    if (entry.key == "http.sslcainfo") settings.certificates = with_home(entry.value, home);
    if (entry.key == "core.sshcommand") settings.ssh_command = true;
    if (entry.key == "remote.origin.url") settings.origin = entry.value;
    if (is_transport(entry)) settings.transport.push_back(entry);
  }
  return settings;
}

std::string address_of(const std::string& pattern, const std::string& project) {
  const size_t at = pattern.find(kPlaceholder);
  if (at == std::string::npos) return {};
  return pattern.substr(0, at) + project + pattern.substr(at + kPlaceholder.size());
}

std::string pattern_of(const std::string& url, const std::string& project) {
  std::string_view ending;
  for (std::string_view known : {".git/", ".git", "/"}) {
    if (ending.empty() && url.ends_with(known)) ending = known;
  }
  const std::string_view body = std::string_view(url).substr(0, url.size() - ending.size());
  if (!body.ends_with(project) || body.size() == project.size()) return {};
  const std::string_view before = body.substr(0, body.size() - project.size());
  if (before.back() != '/' && before.back() != ':') return {};
  return std::string(before) + std::string(kPlaceholder) + std::string(ending);
}

}  // namespace penstock
