#include "dialect_gitlab/sources.h"

#include <algorithm>
#include <array>

#include "base/suggest.h"
#include "dialect_gitlab/job.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

constexpr int kMaxIncludes = 150;
constexpr std::array<Keyword, 12> kInclude = {{{"local"},
                                               {"rules"},
                                               {"project", false},
                                               {"file", false},
                                               {"ref", false},
                                               {"remote", false},
                                               {"template", false},
                                               {"component", false},
                                               {"artifact", false},
                                               {"job", false},
                                               {"inputs"},
                                               {"integrity", false}}};

bool is_yaml_name(std::string_view path) { return path.ends_with(".yml") || path.ends_with(".yaml"); }

bool leaves_project(std::string_view path) {
  for (size_t at = 0; at <= path.size();) {
    size_t end = std::min(path.find('/', at), path.size());
    if (path.substr(at, end - at) == "..") return true;
    at = end + 1;
  }
  return false;
}

/// `include` of another kind than local, as a word for a person; empty for local.
std::string_view other_kind(const Node& entry) {
  for (std::string_view kind : {"project", "remote", "template", "component", "artifact"}) {
    if (entry.find(kind) != nullptr) return kind;
  }
  return {};
}

}  // namespace

bool Sources::load(const std::string& path, const GivenInputs& given, Config& config) {
  return load_file(path, {}, given, config);
}

std::optional<yaml::Parsed> Sources::parse(const std::string& path, const SourceSpan& included_at) {
  Result<std::optional<std::string>> text = reader_.read(path);
  if (!text.ok()) {
    report_.error("unreadable", included_at, "`" + path + "` can't be read: " + text.error().message).help =
        text.error().help;
    return std::nullopt;
  }
  if (!*text) {
    missing(path, included_at);
    return std::nullopt;
  }
  auto file = std::make_shared<const SourceFile>(SourceFile{path, std::move(**text)});
  if (included_at.known()) report_.came_by(*file, {chain_.rbegin(), chain_.rend()});
  yaml::Parsed parsed = yaml::parse(file, arena_);
  const bool failed = has_errors(parsed.diagnostics);
  report_.add(std::move(parsed.diagnostics));
  if (failed) return std::nullopt;
  if (parsed.documents.empty() && !included_at.known()) {
    report_.error("no-jobs", {file, 1, 1, 1, 1}, "this file defines no job");
    return std::nullopt;
  }
  return parsed;
}

bool Sources::load_file(const std::string& path, const SourceSpan& included_at, const GivenInputs& given,
                        Config& config) {
  const std::optional<yaml::Parsed> parsed = parse(path, included_at);
  if (!parsed) return false;
  if (parsed->documents.empty()) return true;
  const Node* first = parsed->documents.front();
  const Node* root = first;
  if (first->find("spec") != nullptr) {
    root = content_below(*first, *parsed, included_at, given);
    if (root == nullptr) return false;
  } else if (!given.empty()) {
    report_.error("unknown-input", given.front().at, "`" + path + "` has no inputs").help =
        "declare them in its header: `spec: {inputs: {" + given.front().name + ": }}`, then a line `---`";
  }
  if (root->is_null()) {
    if (!included_at.known()) report_.error("no-jobs", first->span(), "this file defines no job");
    return included_at.known();
  }
  if (!root->is_mapping()) {
    report_.error("wrong-type", root->span(), "a pipeline must be a mapping, not " + std::string(root->kind_name()));
    return false;
  }
  open_.push_back(path);
  if (const Node* includes = root->find("include"); includes != nullptr && !includes->is_null()) {
    for (const Node* entry : flat_items(*includes)) include(*entry, config);
  }
  open_.pop_back();
  config.merge(arena_, *root);
  return true;
}

const Node* Sources::content_below(const Node& header, const yaml::Parsed& parsed, const SourceSpan& included_at,
                                   const GivenInputs& given) {
  const size_t before = report_.errors();
  for (const yaml::Entry& entry : header.entries()) {
    if (entry.key->text() == "spec") continue;
    report_.error("unknown-keyword", entry.key->span(), "`" + entry.key->to_text() + "` can't stand beside `spec`")
        .help = "end the header with a line `---`; what follows it is the pipeline";
  }
  InputDeclarations declarations(report_, arena_);
  declare_inputs(*header.find("spec"), declarations);
  const Inputs inputs = declarations.settle(given, included_at);
  if (report_.errors() > before) {
    report_.incomplete();
    return nullptr;
  }
  if (parsed.documents.size() < 2)
    return &header == parsed.documents.front() ? arena_.scalar("", yaml::Style::plain, header) : nullptr;
  return interpolate(report_, arena_, inputs, scope_, *parsed.documents[1]);
}

void Sources::declare_inputs(const Node& spec, InputDeclarations& declarations) {
  static constexpr std::array<Keyword, 3> kSpec = {{{"inputs"}, {"include"}, {"component", false}}};
  if (spec.is_null() || !check_keywords(report_, spec, kSpec, "`spec`")) return;
  if (const Node* includes = spec.find("include"); includes != nullptr && !includes->is_null()) {
    for (const Node* entry : flat_items(*includes)) declare_included(*entry, declarations);
  }
  if (const Node* inputs = spec.find("inputs")) declarations.declare(*inputs);
}

void Sources::declare_included(const Node& entry, InputDeclarations& declarations) {
  static constexpr std::array<Keyword, 5> kKeywords = {
      {{"local"}, {"project", false}, {"ref", false}, {"file", false}, {"remote", false}}};
  if (!entry.is_string() && !check_keywords(report_, entry, kKeywords, "`spec: include`")) return;
  const Node* local = entry.is_string() ? &entry : entry.find("local");
  if (local == nullptr) return;
  const std::optional<std::string> path = project_path(*local);
  if (!path || !count(*local)) return;
  chain_.push_back(local->span());
  const std::optional<yaml::Parsed> parsed = parse(*path, local->span());
  chain_.pop_back();
  if (!parsed || parsed->documents.empty()) return;
  static constexpr std::array<Keyword, 1> kFile = {{{"inputs"}}};
  const Node& root = *parsed->documents.front();
  if (!check_keywords(report_, root, kFile, "a file of inputs")) return;
  if (const Node* inputs = root.find("inputs")) declarations.declare(*inputs);
}

/// What `include: inputs` gives to the file.
GivenInputs Sources::given_by(const Node& entry) {
  GivenInputs given;
  const Node* inputs = entry.find("inputs");
  if (inputs == nullptr || inputs->is_null()) return given;
  if (!inputs->is_mapping()) {
    report_.error("wrong-type", inputs->span(), "`inputs` must be a mapping, not " + std::string(inputs->kind_name()));
    return given;
  }
  for (const yaml::Entry& one : inputs->entries())
    given.push_back({one.key->to_text(), one.value, {}, one.key->span()});
  return given;
}

void Sources::include(const Node& entry, Config& config) {
  size_t before = report_.errors();
  include_entry(entry, config);
  if (report_.errors() > before) report_.incomplete();
}

void Sources::include_entry(const Node& entry, Config& config) {
  if (entry.is_string()) {
    bool remote = entry.text().starts_with("http://") || entry.text().starts_with("https://");
    if (!remote) return include_local(entry, {}, config);
    report_.error("not-built-yet", entry.span(), "`include: remote` is known to GitLab, but not built yet in Penstock");
    return;
  }
  if (entry.is_mapping()) {
    if (std::string_view kind = other_kind(entry); !kind.empty()) {
      if (kind == "project") check_project(report_, *entry.find("project"));
      report_.error("not-built-yet", entry.find_entry(kind)->key->span(),
                    "`include: " + std::string(kind) + "` is known to GitLab, but not built yet in Penstock");
      return;
    }
  }
  if (!check_keywords(report_, entry, kInclude, "`include`") || !applies(entry)) return;
  const Node* local = entry.find("local");
  if (local == nullptr) {
    report_.error("missing-value", entry.span(), "this `include` doesn't say what it includes").help =
        "add `local: path/to/file.yml`";
    return;
  }
  include_local(*local, given_by(entry), config);
}

bool Sources::applies(const Node& entry) {
  const Node* rules = entry.find("rules");
  if (rules == nullptr) return true;
  Decision decision;
  const Rule* rule = rules_.first_match(rules_.read(*rules, RulesOf::include), scope_, decision);
  return rule != nullptr && rule->when != "never";
}

std::optional<std::string> Sources::project_path(const Node& node) {
  std::optional<std::string> written = read_string(report_, node, "`include: local`");
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

bool Sources::count(const Node& node) {
  if (++included_ <= kMaxIncludes) return true;
  report_.error("too-many", node.span(), "more than 150 files are included");
  return false;
}

void Sources::include_local(const Node& node, const GivenInputs& given, Config& config) {
  const std::optional<std::string> path = project_path(node);
  if (!path) return;
  const bool wildcard = path->find('*') != std::string::npos;
  std::vector<std::string> files = wildcard ? rules_.paths().included(*path) : std::vector<std::string>{*path};
  if (files.empty()) report_.warning("unknown-file", node.span(), "no file of the project matches `" + *path + "`");
  for (const std::string& file : files) {
    if (std::find(open_.begin(), open_.end(), file) != open_.end()) {
      if (!wildcard) report_.error("include-cycle", node.span(), "`" + file + "` includes itself");
      continue;
    }
    if (!count(node)) return;
    chain_.push_back(node.span());
    load_file(file, node.span(), given, config);
    chain_.pop_back();
  }
}

void Sources::missing(const std::string& path, const SourceSpan& included_at) {
  Diagnostic& told = report_.error("unknown-file", included_at, "`" + path + "` doesn't exist in the project");
  if (!included_at.known()) return;
  std::vector<std::string_view> candidates;
  for (const std::string& candidate : rules_.paths().all()) {
    if (is_yaml_name(candidate)) candidates.push_back(candidate);
  }
  told.label = suggestion(path, candidates);
}

}  // namespace penstock::gitlab
