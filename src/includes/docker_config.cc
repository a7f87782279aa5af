#include "includes/docker_config.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "os/files.h"
#include "os/process.h"

namespace penstock {
namespace {

using nlohmann::json;

constexpr size_t kLargest = size_t{1} << 20;

std::string text_at(const json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// A key of `auths` is a host, or an address of one as older versions wrote it.
std::string host_of(std::string_view key) {
  if (const size_t scheme = key.find("://"); scheme != std::string_view::npos) key.remove_prefix(scheme + 3);
  return std::string(key.substr(0, key.find('/')));
}

bool is_helper_name(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; });
}

Result<std::string> ask_helper(const std::string& name, const std::string& registry) {
  const std::string program = "docker-credential-" + name;
  if (!is_helper_name(name)) return Error{Fault::user, "`" + name + "` is no credential helper's name", ""};
  os::RunOptions options;
  options.input = registry;
  options.output_limit = kLargest;
  options.timeout = std::chrono::seconds(10);
  options.own_group = true;
  PENSTOCK_TRY(const os::RunResult ran, os::run({program, "get"}, options));
  if (!ran.status.ok()) return std::string();  // as Docker takes it: it has nothing for that registry
  const json answer = json::parse(ran.output, nullptr, false);
  const std::string user = text_at(answer, "Username");
  const std::string secret = text_at(answer, "Secret");
  if (secret.empty() || user == "<token>") return std::string();
  return to_base64(user + ":" + secret);
}

}  // namespace

Result<std::string> docker_credentials(const std::filesystem::path& folder, const std::string& registry) {
  PENSTOCK_TRY(const std::optional<std::string> text, os::read_file_if_exists(folder / "config.json", kLargest));
  if (!text) return std::string();
  const json config = json::parse(*text, nullptr, false);
  if (!config.is_object())
    return Error{Fault::user, "`" + (folder / "config.json").native() + "` is no JSON object", ""};
  std::string helper = text_at(config.value("credHelpers", json::object()), registry.c_str());
  if (helper.empty()) helper = text_at(config, "credsStore");
  if (!helper.empty()) return ask_helper(helper, registry);
  const auto auths = config.find("auths");
  if (auths == config.end() || !auths->is_object()) return std::string();
  for (const auto& [key, entry] : auths->items()) {
    if (host_of(key) != registry) continue;
    const std::string auth = text_at(entry, "auth");
    if (auth.find_first_not_of(std::string(kBase64) + "=") == std::string::npos) return auth;
  }
  return std::string();
}

}  // namespace penstock
