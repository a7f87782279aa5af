#include "executor_sandbox/clean_environment.h"

#include <algorithm>
#include <iterator>

namespace penstock::sandbox {
namespace {

constexpr std::string_view kNames[] = {
    // a login shell
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ",
    // agents and daemons
    "SSH_AUTH_SOCK", "SSH_AGENT_PID", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY", "KUBECONFIG",
    // proxies
    "http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY",
    "ALL_PROXY", "NO_PROXY",
    // certificates
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH",
    "NODE_EXTRA_CA_CERTS", "AWS_CA_BUNDLE",
    // an active virtual environment
    "VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT", "CONDA_PREFIX", "CONDA_DEFAULT_ENV"};

constexpr std::string_view kPrefixes[] = {"LC_", "XDG_", "PIP_", "UV_", "POETRY_", "NPM_CONFIG_", "npm_config_"};

}  // namespace

bool passes_always(std::string_view name) {
  return std::ranges::find(kNames, name) != std::ranges::end(kNames) ||
         std::ranges::any_of(kPrefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

os::Environment clean_environment(const os::Environment& caller, const std::vector<std::string>& pass) {
  os::Environment clean;
  for (const auto& [name, value] : caller) {
    if (passes_always(name) || std::find(pass.begin(), pass.end(), name) != pass.end()) clean[name] = value;
  }
  return clean;
}

}  // namespace penstock::sandbox
