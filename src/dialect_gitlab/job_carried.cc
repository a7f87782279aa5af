#include <algorithm>
#include <array>

#include "dialect_gitlab/inputs.h"
#include "dialect_gitlab/job.h"

/// Keywords that only a GitLab server acts on: their form is checked, and the plan carries them. What a job can't do
/// without (a secret, a token) it says when it runs.
namespace penstock::gitlab {
namespace {

using yaml::Node;

constexpr std::array<Keyword, 2> kDast = {{{"site_profile"}, {"scanner_profile"}}};
constexpr std::array<Keyword, 1> kIdToken = {{{"aud"}}};
constexpr std::array<std::string_view, 1> kIdentities = {"google_cloud"};
constexpr std::array<Keyword, 3> kPages = {{{"publish"}, {"path_prefix"}, {"expire_in"}}};
constexpr std::array<Keyword, 8> kRelease = {
    {{"tag_name"}, {"tag_message"}, {"name"}, {"description"}, {"ref"}, {"milestones"}, {"released_at"}, {"assets"}}};
constexpr std::array<Keyword, 1> kAssets = {{{"links"}}};
constexpr std::array<Keyword, 4> kLink = {{{"name"}, {"url"}, {"filepath"}, {"link_type"}}};
constexpr std::array<std::string_view, 4> kLinkTypes = {"other", "runbook", "image", "package"};
constexpr std::array<Keyword, 1> kHooks = {{{"pre_get_sources_script"}}};

void carry(JobReader& reader, std::string_view keyword, const Node& node) {
  reader.draft.job.carried[std::string(keyword)] = to_json(node);
}

void read_link(Report& report, const Node& link) {
  if (!check_keywords(report, link, kLink, "a link")) return;
  require(report, link, "name", "a link");
  require(report, link, "url", "a link");
  for (std::string_view key : {"name", "url", "filepath"}) {
    const Node* value = link.find(key);
    if (value != nullptr && !value->is_null()) read_string(report, *value, "a link's `" + std::string(key) + "`");
  }
  if (const Node* type = link.find("link_type")) read_word(report, *type, "`link_type`", kLinkTypes);
}

}  // namespace

void read_hooks(JobReader& reader, const Node& node) {
  if (!check_keywords(reader.report, node, kHooks, "`hooks`")) return;
  const Node* script = node.find("pre_get_sources_script");
  if (script == nullptr || script->is_null()) return;
  // The sources are there before any command runs: the hook is then the job's first shell.
  reader.draft.before_sources = read_script(reader.report, *script, "`pre_get_sources_script`");
}

void read_id_tokens(JobReader& reader, const Node& node) {
  if (!node.is_mapping()) {
    wrong_type(reader.report, node, "`id_tokens`", "a mapping");
    return;
  }
  for (const yaml::Entry& entry : node.entries()) {
    const std::string name = entry.key->to_text();
    const std::string where = "id token `" + name + "`";
    if (!check_keywords(reader.report, *entry.value, kIdToken, where)) continue;
    require(reader.report, *entry.value, "aud", where);
    if (const Node* aud = entry.value->find("aud")) read_string_or_strings(reader.report, *aud, "`aud`");
    reader.draft.fetched.push_back({name, {}, true, false, true});
  }
  carry(reader, "id_tokens", node);
}

void read_identity(JobReader& reader, const Node& node) {
  read_word(reader.report, node, "`identity`", kIdentities);
  carry(reader, "identity", node);
}

void read_dast_configuration(JobReader& reader, const Node& node) {
  if (!check_keywords(reader.report, node, kDast, "`dast_configuration`")) return;
  for (const yaml::Entry& entry : node.entries()) read_string(reader.report, *entry.value, "a profile");
  carry(reader, "dast_configuration", node);
}

void read_job_inputs(JobReader& reader, const Node& node) {
  yaml::Arena arena;
  InputDeclarations declarations(reader.report, arena);
  declarations.declare(node);
  declarations.settle({}, {});
  carry(reader, "inputs", node);
}

void read_pages(JobReader& reader, const Node& node) {
  if (!node.as_bool() && check_keywords(reader.report, node, kPages, "`pages`")) {
    for (const yaml::Entry& entry : node.entries()) {
      if (entry.key->text() == "expire_in") {
        read_lifetime(reader.report, *entry.value, "`expire_in`");
      } else if (!entry.value->is_null()) {
        read_string(reader.report, *entry.value, "`" + entry.key->to_text() + "`");
      }
    }
  }
  carry(reader, "pages", node);
}

void publish_pages(Draft& draft) {
  const Node* pages = draft.node->find("pages");
  const bool named = draft.name == "pages";
  if (pages == nullptr || pages->is_null() ? !named : pages->as_bool() == false) return;
  const Node* folder = pages == nullptr ? nullptr : pages->find("publish");
  if (folder == nullptr || !folder->is_string()) folder = draft.node->find("publish");
  const std::string path = folder != nullptr && folder->is_string() ? std::string(folder->text()) : "public";
  std::vector<std::string>& paths = draft.job.artifacts.paths;
  if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
}

void read_publish(JobReader& reader, const Node& node) {
  read_string(reader.report, node, "`publish`");
  carry(reader, "publish", node);
}

void read_release(JobReader& reader, const Node& node) {
  Report& report = reader.report;
  if (!check_keywords(report, node, kRelease, "`release`")) return;
  require(report, node, "tag_name", "`release`");
  require(report, node, "description", "`release`");
  for (const yaml::Entry& entry : node.entries()) {
    const std::string_view key = entry.key->text();
    if (key == "milestones") read_string_or_strings(report, *entry.value, "`milestones`");
    if (key == "assets" && check_keywords(report, *entry.value, kAssets, "`assets`")) {
      require(report, *entry.value, "links", "`assets`");
      const Node* links = entry.value->find("links");
      if (links != nullptr && links->is_sequence() && links->items().empty())
        report.error("missing-value", links->span(), "`links` is empty");
      for (const Node* link : links == nullptr ? std::vector<const Node*>() : flat_items(*links))
        read_link(report, *link);
    } else if (key != "milestones" && key != "assets" && key != "released_at") {
      read_string(report, *entry.value, "`release: " + std::string(key) + "`");
    }
  }
  carry(reader, "release", node);
}

}  // namespace penstock::gitlab
