#include <algorithm>
#include <array>

#include "dialect_gitlab/include_address.h"
#include "dialect_gitlab/job.h"
#include "dialect_gitlab/sources.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

constexpr std::array<std::string_view, 5> kKinds = {"local", "project", "component", "remote", "template"};

bool is_yaml_name(std::string_view path) { return path.ends_with(".yml") || path.ends_with(".yaml"); }

bool is_address(std::string_view text) { return text.starts_with("http://") || text.starts_with("https://"); }

bool leaves_project(std::string_view path) {
  for (size_t at = 0; at <= path.size();) {
    size_t end = std::min(path.find('/', at), path.size());
    if (path.substr(at, end - at) == "..") return true;
    at = end + 1;
  }
  return false;
}

/// Names that people give to branches alone, and versions that stand for others.
bool moves(const OutsideProject& wanted) {
  constexpr std::array<std::string_view, 9> kMoving = {"",      "HEAD",    "main",   "master", "develop",
                                                       "trunk", "~latest", "latest", "stable"};
  if (std::find(kMoving.begin(), kMoving.end(), wanted.ref) != kMoving.end()) return true;
  const bool numbers = wanted.ref.find_first_not_of("0123456789.") == std::string::npos;
  return wanted.versions && numbers && std::count(wanted.ref.begin(), wanted.ref.end(), '.') < 2;
}

/// Whether an address names a commit.
bool holds_commit_id(std::string_view url) {
  size_t digits = 0;
  for (const char c : url) {
    const bool hexadecimal = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    digits = hexadecimal ? digits + 1 : 0;
    if (digits == 40) return true;
  }
  return false;
}

std::string prefix_of(const std::string& project, const std::string& ref) {
  return project + (ref.empty() ? "" : "@" + ref) + ":";
}

/// The names of the components that a project has.
std::vector<std::string> components_in(SourceTree& tree) {
  constexpr std::string_view kFolder = "templates/";
  std::vector<std::string> names;
  for (const std::string& path : tree.paths()) {
    if (!path.starts_with(kFolder)) continue;
    const std::string_view rest = std::string_view(path).substr(kFolder.size());
    const size_t slash = rest.find('/');
    if (slash == std::string_view::npos && rest.ends_with(".yml")) names.emplace_back(rest.substr(0, rest.size() - 4));
    if (slash != std::string_view::npos && rest.substr(slash) == "/template.yml") {
      names.emplace_back(rest.substr(0, slash));
    }
  }
  return names;
}

}  // namespace

IncludeEntry Sources::describe(const Node& entry) {
  IncludeEntry described;
  described.location = location_of(entry.span());
  if (!entry.is_mapping()) {
    described.kind = is_address(entry.text()) ? "remote" : "local";
    described.name = entry.to_text();
    return described;
  }
  for (const std::string_view kind : kKinds) {
    const Node* value = entry.find(kind);
    if (value == nullptr) continue;
    described.kind = kind;
    described.name = value->to_text();
    break;
  }
  return described;
}

std::vector<IncludedFile> Sources::files_of(const Node& entry, const Place& place) {
  if (entry.is_string() && is_address(entry.text())) return remote_files(entry, nullptr);
  if (!entry.is_mapping()) return local_files(entry, place);
  const yaml::Entry* kind = nullptr;
  for (std::string_view name : kKinds) {
    const yaml::Entry* found = entry.find_entry(name);
    if (found == nullptr) continue;
    if (kind != nullptr) {
      report_.error("conflicting-keywords", found->key->span(),
                    "an `include` has either `" + kind->key->to_text() + "` or `" + std::string(name) + "`");
      return {};
    }
    kind = found;
  }
  if (kind == nullptr) {
    report_.error("missing-value", entry.span(), "this `include` doesn't say what it includes").help =
        "add `local: path/to/file.yml`";
    return {};
  }
  const std::string_view name = kind->key->text();
  for (const auto& [word, of] :
       {std::pair("ref", "project"), std::pair("file", "project"), std::pair("integrity", "remote")}) {
    const yaml::Entry* found = entry.find_entry(word);
    if (found == nullptr || name == of) continue;
    report_.error("conflicting-keywords", found->key->span(),
                  "`" + std::string(word) + "` goes with `" + of + "`, not with `" + std::string(name) + "`");
    return {};
  }
  if (name == "local") return local_files(*kind->value, place);
  if (name == "project") return project_files(entry);
  if (name == "component") return component_files(*kind->value);
  if (name == "remote") return remote_files(*kind->value, entry.find("integrity"));
  return template_files(*kind->value);
}

std::optional<std::string> Sources::path_in_project(const Node& node, std::string_view what) {
  std::optional<std::string> written = read_string(report_, node, what);
  if (!written) return std::nullopt;
  std::string path = expand(*written, scope_, Unknown::empty);
  while (path.starts_with('/')) path.erase(0, 1);
  if (leaves_project(path)) {
    report_.error("path-outside", node.span(), "`" + *written + "` leads out of the project");
    return std::nullopt;
  }
  if (path.starts_with("./")) {
    report_.error("unknown-file", node.span(), "`" + path + "` doesn't exist in the project").help =
        "GitLab's paths start at the project's root: write `/" + path.substr(2) + "`";
    return std::nullopt;
  }
  if (!is_yaml_name(path)) {
    report_.error("invalid-path", node.span(), "an included file's name must end in `.yml` or `.yaml`");
    return std::nullopt;
  }
  return path;
}

std::vector<IncludedFile> Sources::local_files(const Node& node, const Place& place) {
  const std::optional<std::string> path = path_in_project(node, "`include: local`");
  if (!path) return {};
  if (place.tree == nullptr) {
    report_
        .error(
            "unknown-file", node.span(),
            "`" + *path + "` can't be had: a remote file or template belongs to no project, so it has no local files")
        .help = "include the file by `project`, `component` or `remote`";
    return {};
  }
  if (path->find('*') == std::string::npos) return {{place, *path, node.span(), std::nullopt}};
  std::vector<IncludedFile> files;
  for (std::string& file : PathQuestions::included(*place.tree, *path)) {
    files.push_back({place, std::move(file), node.span(), std::nullopt, true});
  }
  if (files.empty()) report_.warning("unknown-file", node.span(), "no file of the project matches `" + *path + "`");
  return files;
}

void Sources::unreachable(const Node& node, const std::string& what, const Error& error) {
  report_.error("unreachable-include", node.span(), "`include: " + what + "` can't be had: " + error.message).help =
      error.help;
}

void Sources::advise_on_ref(const Node& node, const OutsideProject& wanted) {
  const Variable* own = scope_.find("CI_PROJECT_PATH");
  if (!advise_on_pins_ || !moves(wanted) || (own != nullptr && own->value == wanted.path)) return;
  const std::string what = wanted.ref.empty() ? "its default branch" : "`" + wanted.ref + "`, which moves";
  report_.warning("unpinned-include", node.span(), "`" + wanted.path + "` is included at " + what).help =
      "name a commit or a version's tag, or pin all with: ci lock";
}

void Sources::advise_on_content(const Node& node, const std::string& url) {
  if (!advise_on_pins_ || holds_commit_id(url)) return;
  report_.warning("unpinned-include", node.span(), "`" + url + "` is included whatever it holds").help =
      "say `integrity`, or pin all with: ci lock";
}

void Sources::malformed(const Node& node, const std::string& kind, const std::string& expanded, const std::string& why,
                        const std::string& help) {
  const std::string written(node.text());
  if (written.find('$') == std::string::npos) {
    report_.error("invalid-include", node.span(), "`" + written + "` " + why).help = help;
    return;
  }
  unreachable(node, kind + ": " + written,
              {Fault::user, "with the variables that are set here it is `" + expanded + "`, which " + why,
               "give what is missing with `-e NAME=VALUE`"});
}

std::vector<IncludedFile> Sources::project_files(const Node& entry) {
  const Node& node = *entry.find("project");
  const size_t before = report_.errors();
  check_project(report_, node);
  if (report_.errors() > before) return {};
  OutsideProject wanted;
  wanted.path = expand(node.text(), scope_, Unknown::empty);
  if (!is_project_path(wanted.path)) {
    malformed(node, "project", wanted.path, "is no project's path", "write it like `group/project`");
    return {};
  }
  if (const Node* ref = entry.find("ref"); ref != nullptr && !ref->is_null()) {
    wanted.ref = expand(read_string(report_, *ref, "`ref`").value_or(""), scope_, Unknown::empty);
  }
  const Node* file = entry.find("file");
  if (file == nullptr) {
    report_.error("missing-value", entry.span(), "`include: project` doesn't say which `file`").help =
        "add `file: path/to/file.yml`";
    return {};
  }
  std::vector<IncludedFile> files;
  for (const Node* item : flat_items(*file)) {
    if (auto path = path_in_project(*item, "`file`")) {
      files.push_back({{}, std::move(*path), item->span(), std::nullopt});
    }
  }
  if (files.empty()) return {};
  const Result<FoundProject> found = reader_.project(wanted);
  if (!found.ok()) {
    unreachable(node, "project: " + wanted.path, found.error());
    return {};
  }
  const Place place{found->tree, prefix_of(wanted.path, wanted.ref), nullptr};
  for (IncludedFile& one : files) one.place = place;
  const Node* ref = entry.find("ref");
  advise_on_ref(wanted.ref.empty() || ref == nullptr ? node : *ref, wanted);
  return files;
}

std::vector<IncludedFile> Sources::component_files(const Node& node) {
  const std::optional<std::string> written = read_string(report_, node, "`include: component`");
  if (!written) return {};
  const std::string text = expand(*written, scope_, Unknown::empty);
  const std::optional<ComponentAddress> address = parse_component_address(text);
  if (!address) {
    malformed(node, "component", text, "is no component's address",
              "write it like `$CI_SERVER_FQDN/group/project/name@1.2`");
    return {};
  }
  const OutsideProject wanted{address->host, address->project, address->reference, true};
  const Result<FoundProject> found = reader_.project(wanted);
  if (!found.ok()) {
    unreachable(node, "component: " + text, found.error());
    return {};
  }
  advise_on_ref(node, wanted);
  auto facts = std::make_shared<ComponentFacts>();
  *facts = {address->name, found->commit, found->version, address->reference};
  Place place{found->tree, prefix_of(address->project, address->reference), std::move(facts)};
  for (const std::string& path :
       {"templates/" + address->name + ".yml", "templates/" + address->name + "/template.yml"}) {
    Result<std::optional<std::string>> content = found->tree->read(path);
    if (!content.ok()) {
      unreachable(node, "component: " + text, content.error());
      return {};
    }
    if (*content) return {{std::move(place), path, node.span(), std::move(**content)}};
  }
  Diagnostic& told = report_.error(
      "unknown-component", node.span(),
      "`" + address->project + "` has no component `" + address->name + "` at `" + address->reference + "`");
  const std::vector<std::string> names = components_in(*found->tree);
  told.instead = nearest(address->name, {names.begin(), names.end()});
  told.help = "looked for `templates/" + address->name + ".yml` and `templates/" + address->name + "/template.yml`";
  return {};
}

std::vector<IncludedFile> Sources::remote_files(const Node& node, const Node* integrity) {
  const std::optional<std::string> written = read_string(report_, node, "`include: remote`");
  if (!written) return {};
  const std::string url = expand(*written, scope_, Unknown::empty);
  if (!is_address(url) || !is_yaml_name(url)) {
    malformed(node, "remote", url, "is no address of a YAML file", "write it like `https://example.com/file.yml`");
    return {};
  }
  std::optional<Digest> digest;
  if (integrity != nullptr && !integrity->is_null()) {
    const std::optional<std::string> text = read_string(report_, *integrity, "`integrity`");
    if (!text) return {};
    digest = parse_integrity(*text);
    if (!digest) {
      report_.error("invalid-integrity", integrity->span(), "`" + *text + "` is no digest").help =
          "write `sha256-` and the SHA-256 of the file as base64";
      return {};
    }
  }
  Result<std::string> text = reader_.remote(url, digest);
  if (!text.ok()) {
    unreachable(node, "remote: " + url, text.error());
    return {};
  }
  if (digest && sha256(*text) != *digest) {
    report_.error("integrity", integrity->span(), "`" + url + "` isn't what `integrity` says").help =
        "what is there now is `" + to_integrity(sha256(*text)) + "`: take it if you know why it changed";
    return {};
  }
  if (!digest) advise_on_content(node, url);
  return {{{nullptr, {}, nullptr}, url, node.span(), std::move(*text)}};
}

std::vector<IncludedFile> Sources::template_files(const Node& node) {
  constexpr std::string_view kEnding = ".gitlab-ci.yml";
  const std::optional<std::string> written = read_string(report_, node, "`include: template`");
  if (!written) return {};
  const std::string name = expand(*written, scope_, Unknown::empty);
  if (!name.ends_with(kEnding) || name.size() == kEnding.size() || name.starts_with('/') || leaves_project(name)) {
    malformed(node, "template", name, "is no template's name", "a template's name ends in `.gitlab-ci.yml`");
    return {};
  }
  Result<std::string> text = reader_.template_text(name);
  if (!text.ok()) {
    unreachable(node, "template: " + name, text.error());
    return {};
  }
  return {{{nullptr, "template:", nullptr}, name, node.span(), std::move(*text)}};
}

}  // namespace penstock::gitlab
