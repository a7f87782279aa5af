#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "git/repository.h"

namespace penstock {

/// Where files from outside of the project come from. It stands in git's configuration, which knows what is the user's
/// (`git config --global penstock.mirror ~/mirror`) and what is this clone's alone, and which no commit can change.
struct IncludeSettings {
  std::vector<std::filesystem::path> mirrors;  ///< `penstock.mirror`: folders with a project per path.
  /// `penstock.remote`: an address with `{project}` in it.
  struct Remote {
    std::string pattern;
    bool of_clone = false;  ///< Said of this clone alone, not of all that the user has.
  };
  std::vector<Remote> remotes;
  std::vector<std::filesystem::path> templates;  ///< `penstock.templates`: folders of templates.
  std::vector<std::string> allowed_hosts;        ///< `penstock.allowHost`: may have private addresses.
  bool offline = false;                          ///< `penstock.offline`: nothing is fetched.
  std::string registry;      ///< `penstock.registry`: `HOST[/PATH]` for images whose names say none.
  std::string certificates;  ///< `http.sslCAInfo`: who is trusted for https, as git has it.
  std::string origin;        ///< The URL of `origin`.
  /// What this clone alone says of how git reaches a network (`url.*`, `http.*`, `credential.*`, `core.sshCommand`).
  std::vector<git::ConfigEntry> transport;
  bool ssh_command = false;  ///< `core.sshCommand` is set.
};

IncludeSettings read_include_settings(const std::vector<git::ConfigEntry>& config, const std::filesystem::path& home);

/// The address of a project by a pattern; empty where the pattern has no `{project}`.
std::string address_of(const std::string& pattern, const std::string& project);

/// The pattern that gives the addresses of the projects beside this one: its URL with `{project}` in place of its
/// path. Empty where the URL doesn't end in that path.
std::string pattern_of(const std::string& url, const std::string& project);

}  // namespace penstock
