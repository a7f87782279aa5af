#include <algorithm>
#include <array>

#include "dialect_gitlab/job.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

/// A store that a secret can come from, with what it must say and what it may.
struct Provider {
  std::string_view name;
  std::vector<Keyword> keywords;
  std::vector<std::string_view> required;
  bool short_form = false;  ///< May be a text.
};

const std::vector<Provider>& providers() {
  static const std::vector<Provider> all = {
      {"vault", {{"engine"}, {"path"}, {"field"}}, {"engine", "path", "field"}, true},
      {"gcp_secret_manager", {{"name"}, {"version"}}, {"name"}, false},
      {"azure_key_vault", {{"name"}, {"version"}}, {"name"}, false},
      {"aws_secrets_manager",
       {{"secret_id"}, {"version_id"}, {"version_stage"}, {"region"}, {"role_arn"}, {"role_session_name"}, {"field"}},
       {"secret_id"},
       true},
      {"gitlab_secrets_manager", {{"name"}, {"source"}}, {"name"}, false},
      {"akeyless",
       {{"name"},
        {"data_key"},
        {"csr_data"},
        {"public_key_data"},
        {"cert_user_name"},
        {"cert_issuer_name"},
        {"akeyless_api_url"},
        {"akeyless_access_type"},
        {"akeyless_token"},
        {"uid_token"},
        {"gcp_audience"},
        {"azure_object_id"},
        {"k8s_service_account_token"},
        {"k8s_auth_config_name"},
        {"akeyless_access_key"},
        {"gateway_ca_certificate"}},
       {},
       false},
  };
  return all;
}

void read_engine(Report& report, const Node& node) {
  static constexpr std::array<Keyword, 2> kEngine = {{{"name"}, {"path"}}};
  if (!check_keywords(report, node, kEngine, "`engine`")) return;
  require(report, node, "name", "`engine`");
  require(report, node, "path", "`engine`");
}

void read_provider(Report& report, const Provider& provider, const Node& node) {
  const std::string where = "`" + std::string(provider.name) + "`";
  if (provider.short_form && node.is_string()) return;
  if (!check_keywords(report, node, provider.keywords, where)) return;
  for (std::string_view key : provider.required) require(report, node, key, where);
  const Node* engine = node.find("engine");
  if (engine != nullptr && !engine->is_null()) read_engine(report, *engine);
}

/// The provider's name; empty where there is none, which is reported.
std::string_view read_secret(Report& report, const Node& node, const std::string& name) {
  const std::string where = "secret `" + name + "`";
  std::vector<Keyword> known = {{"file"}, {"token"}};
  for (const Provider& provider : providers()) known.push_back({provider.name});
  if (!check_keywords(report, node, known, where)) return {};
  if (const Node* file = node.find("file")) read_bool(report, *file, "`file`");
  if (const Node* token = node.find("token")) read_string(report, *token, "`token`");
  for (const Provider& provider : providers()) {
    const Node* given = node.find(provider.name);
    if (given == nullptr) continue;
    read_provider(report, provider, *given);
    if (provider.name == "gcp_secret_manager") require(report, node, "token", where);
    return provider.name;
  }
  Diagnostic& told = report.error("missing-value", node.span(), where + " names no provider");
  for (const Provider& provider : providers()) {
    told.help += (told.help.empty() ? "it is one of `" : ", `") + std::string(provider.name) + "`";
  }
  return {};
}

}  // namespace

void read_secrets(JobReader& reader, const Node& node) {
  if (!node.is_mapping()) {
    wrong_type(reader.report, node, "`secrets`", "a mapping");
    return;
  }
  for (const yaml::Entry& entry : node.entries()) {
    const std::string name = entry.key->to_text();
    if (read_secret(reader.report, *entry.value, name).empty()) continue;
    const Node* file = entry.value->find("file");
    Variable variable{name, {}, true, file == nullptr || file->as_bool().value_or(true), true};
    reader.draft.fetched.push_back(std::move(variable));
  }
  reader.draft.job.carried["secrets"] = to_json(node);
}

}  // namespace penstock::gitlab
