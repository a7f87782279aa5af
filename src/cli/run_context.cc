#include "cli/run_context.h"

#include <array>
#include <nlohmann/json.hpp>

namespace penstock {
namespace {

constexpr std::string_view kPurpose = "run context";
constexpr std::array kAgentSockets{"SSH_AUTH_SOCK", "SSH_AGENT_PID", "GPG_AGENT_INFO", "DBUS_SESSION_BUS_ADDRESS"};

}  // namespace

std::string seal(const RunContext& context, const Sealer& sealer) {
  nlohmann::json json{{"format", 1},
                      {"environment", context.environment},
                      {"secrets", context.secrets},
                      {"strict", context.strict},
                      {"no_network", context.no_network},
                      {"pause_on_failure", context.pause_on_failure},
                      {"offline", context.offline}};
  if (context.changed) json["changed"] = *context.changed;
  std::string bytes;
  nlohmann::json::to_cbor(json, bytes);  // not as text: values needn't be UTF-8
  return sealer.seal(bytes, kPurpose);
}

Result<RunContext> unseal_context(std::string_view sealed, const Sealer& sealer) {
  PENSTOCK_TRY(const std::string bytes, sealer.unseal(sealed, kPurpose));
  const nlohmann::json json = nlohmann::json::from_cbor(bytes, true, false);
  const Error damaged{Fault::machine, "what the run was started with can't be read", "start it again with: ci run"};
  if (!json.is_object() || json.value("format", 0) != 1) return damaged;
  try {
    RunContext context;
    context.environment = json.at("environment").get<os::Environment>();
    context.secrets = json.at("secrets").get<std::map<std::string, std::string>>();
    context.strict = json.at("strict").get<bool>();
    context.no_network = json.at("no_network").get<bool>();
    context.pause_on_failure = json.at("pause_on_failure").get<bool>();
    context.offline = json.value("offline", false);
    if (json.contains("changed")) context.changed = json.at("changed").get<std::vector<std::string>>();
    return context;
  } catch (const nlohmann::json::exception&) {
    return damaged;
  }
}

void refresh_agent_sockets(RunContext& context, const os::Environment& caller) {
  for (const char* name : kAgentSockets) {
    context.environment.erase(name);
    if (const auto found = caller.find(name); found != caller.end()) context.environment[name] = found->second;
  }
}

}  // namespace penstock
