#include "dialect_gitlab/sources.h"

#include <algorithm>
#include <array>

#include "dialect_gitlab/job.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

constexpr int kMaxIncludes = 150;
// Of all files together; each is bounded by the YAML reader.
constexpr size_t kMaxBytes = size_t{16} << 20;
constexpr size_t kMaxValues = 2'000'000;
constexpr size_t kMaxDescription = 256;
constexpr std::array<Keyword, 10> kInclude = {{{"local"},
                                               {"project"},
                                               {"file"},
                                               {"ref"},
                                               {"remote"},
                                               {"integrity"},
                                               {"template"},
                                               {"component"},
                                               {"rules"},
                                               {"inputs"}}};

bool is_yaml_name(std::string_view path) { return path.ends_with(".yml") || path.ends_with(".yaml"); }

}  // namespace

bool Sources::load(const std::string& path, const GivenInputs& given, Config& config) {
  return load_file({{&reader_, {}, nullptr}, path, {}, std::nullopt}, given, config);
}

std::optional<yaml::Parsed> Sources::parse(IncludedFile& wanted) {
  if (!wanted.text) {
    Result<std::optional<std::string>> text = wanted.place.tree->read(wanted.path);
    if (!text.ok()) {
      report_.error("unreadable", wanted.at, "`" + wanted.name() + "` can't be read: " + text.error().message).help =
          text.error().help;
      return std::nullopt;
    }
    if (!*text) {
      missing(wanted);
      return std::nullopt;
    }
    wanted.text = std::move(**text);
  }
  auto file = std::make_shared<const SourceFile>(SourceFile{wanted.name(), std::move(*wanted.text)});
  if (wanted.at.known()) report_.came_by(*file, {chain_.rbegin(), chain_.rend()});
  yaml::Parsed parsed = yaml::parse(file, arena_);
  const bool failed = has_errors(parsed.diagnostics);
  report_.add(std::move(parsed.diagnostics));
  if (failed || !count_content(*file, parsed)) return std::nullopt;
  if (parsed.documents.empty()) {
    wanted.at.known() ? report_.error("empty-file", wanted.at, "`" + wanted.name() + "` is empty")
                      : report_.error("no-jobs", {file, 1, 1, 1, 1}, "this file defines no job");
    return std::nullopt;
  }
  return parsed;
}

bool Sources::load_file(IncludedFile file, const GivenInputs& given, Config& config) {
  const std::optional<yaml::Parsed> parsed = parse(file);
  if (!parsed) return false;
  if (parsed->documents.empty()) return true;
  const Node* first = parsed->documents.front();
  const Node* root = first;
  if (first->find("spec") != nullptr) {
    root = content_below(*first, *parsed, file, given);
    if (root == nullptr) return false;
  } else if (!given.empty()) {
    report_.error("unknown-input", given.front().at, "`" + file.name() + "` has no inputs").help =
        "declare them in its header: `spec: {inputs: {" + given.front().name + ": }}`, then a line `---`";
  }
  if (root->is_null()) {
    if (!file.at.known()) report_.error("no-jobs", first->span(), "this file defines no job");
    return file.at.known();
  }
  if (!root->is_mapping()) {
    wrong_type(report_, *root, "a pipeline", "a mapping");
    return false;
  }
  open_.push_back(file.name());
  if (const Node* includes = root->find("include"); includes != nullptr && !includes->is_null()) {
    for (const Node* entry : flat_items(*includes)) include(*entry, file.place, config);
  }
  open_.pop_back();
  config.merge(arena_, *root);
  return true;
}

const Node* Sources::content_below(const Node& header, const yaml::Parsed& parsed, const IncludedFile& file,
                                   const GivenInputs& given) {
  const size_t before = report_.errors();
  for (const yaml::Entry& entry : header.entries()) {
    if (entry.key->text() == "spec") continue;
    report_.error("unknown-keyword", entry.key->span(), "`" + entry.key->to_text() + "` can't stand beside `spec`")
        .help = "end the header with a line `---`; what follows it is the pipeline";
  }
  InputDeclarations declarations(report_, arena_);
  const Node& spec = *header.find("spec");
  declare_inputs(spec, file.place, declarations);
  Inputs inputs = declarations.settle(given, file.at);
  add_component(spec, file.place, inputs);
  if (report_.errors() > before) {
    report_.incomplete();
    return nullptr;
  }
  if (parsed.documents.size() < 2)
    return &header == parsed.documents.front() ? arena_.scalar("", yaml::Style::plain, header) : nullptr;
  return interpolate(report_, arena_, inputs, scope_, *parsed.documents[1]);
}

void Sources::declare_inputs(const Node& spec, const Place& place, InputDeclarations& declarations) {
  static constexpr std::array<Keyword, 4> kSpec = {{{"inputs"}, {"include"}, {"component"}, {"description"}}};
  if (spec.is_null() || !check_keywords(report_, spec, kSpec, "`spec`")) return;
  if (const Node* description = spec.find("description"); description != nullptr) {
    const std::optional<std::string> text = read_string(report_, *description, "`description`");
    if (text && text->size() > kMaxDescription) {
      report_.error("too-long", description->span(), "a description can have at most 256 characters");
    }
  }
  if (const Node* includes = spec.find("include"); includes != nullptr && !includes->is_null()) {
    for (const Node* entry : flat_items(*includes)) declare_included(*entry, place, declarations);
  }
  if (const Node* inputs = spec.find("inputs")) declarations.declare(*inputs);
}

void Sources::declare_included(const Node& entry, const Place& place, InputDeclarations& declarations) {
  static constexpr std::array<Keyword, 6> kKeywords = {
      {{"local"}, {"project"}, {"ref"}, {"file"}, {"remote"}, {"integrity"}}};
  static constexpr std::array<Keyword, 1> kFile = {{{"inputs"}}};
  if (!entry.is_string() && !check_keywords(report_, entry, kKeywords, "`spec: include`")) return;
  for (IncludedFile& file : files_of(entry, place)) {
    if (!count(file.at)) return;
    chain_.push_back(file.at);
    const std::optional<yaml::Parsed> parsed = parse(file);
    chain_.pop_back();
    if (!parsed || parsed->documents.empty()) continue;
    const Node& root = *parsed->documents.front();
    if (!check_keywords(report_, root, kFile, "a file of inputs")) continue;
    if (const Node* inputs = root.find("inputs")) declarations.declare(*inputs);
  }
}

/// What `spec: component` asks for.
void Sources::add_component(const Node& spec, const Place& place, Inputs& inputs) {
  static constexpr std::array<std::string_view, 4> kFields = {"name", "sha", "version", "reference"};
  const Node* wanted = spec.is_mapping() ? spec.find("component") : nullptr;
  if (wanted == nullptr || wanted->is_null()) return;
  if (!wanted->is_sequence()) {
    wrong_type(report_, *wanted, "`component`", "a list");
    return;
  }
  static const ComponentFacts kNone;
  const ComponentFacts& facts = place.component ? *place.component : kNone;
  for (const Node* item : wanted->items()) {
    const std::optional<std::string> field = read_word(report_, *item, "`component`", kFields);
    if (!field) continue;
    const std::string& value = *field == "name"      ? facts.name
                               : *field == "sha"     ? facts.sha
                               : *field == "version" ? facts.version
                                                     : facts.reference;
    const yaml::Style style = value.empty() ? yaml::Style::plain : yaml::Style::double_quoted;
    inputs.add_component(*field, *arena_.scalar(value, style, *item));
  }
}

/// What `include: inputs` gives to the file.
GivenInputs Sources::given_by(const Node& entry) {
  GivenInputs given;
  const Node* inputs = entry.find("inputs");
  if (inputs == nullptr || inputs->is_null()) return given;
  if (!inputs->is_mapping()) {
    wrong_type(report_, *inputs, "`inputs`", "a mapping");
    return given;
  }
  for (const yaml::Entry& one : inputs->entries())
    given.push_back({one.key->to_text(), one.value, {}, one.key->span()});
  return given;
}

void Sources::include(const Node& entry, const Place& place, Config& config) {
  const size_t before = report_.errors();
  include_entry(entry, place, config);
  if (report_.errors() > before) report_.incomplete();
}

void Sources::include_entry(const Node& entry, const Place& place, Config& config) {
  if (!entry.is_string() && !check_keywords(report_, entry, kInclude, "`include`")) return;
  const bool applied = !entry.is_mapping() || applies(entry, place, scope_);
  if (kinds_ != nullptr) tell_kinds_apart(entry, place, applied);
  const size_t number = entries_.size();
  entries_.push_back(describe(entry));
  const bool taken =
      taken_ != nullptr && std::find(taken_->begin(), taken_->end(), entries_.back().location) != taken_->end();
  if (!applied && !taken) {
    entries_.back().outcome = IncludeEntry::Outcome::left_out;
    return;
  }
  load_files(entry, place, config, number);
}

void Sources::load_files(const Node& entry, const Place& place, Config& config, size_t number) {
  const GivenInputs given = entry.is_mapping() ? given_by(entry) : GivenInputs();
  std::vector<IncludedFile> files = files_of(entry, place);
  entries_[number].outcome = files.empty() ? IncludeEntry::Outcome::missing : IncludeEntry::Outcome::taken;
  for (IncludedFile& file : files) {
    entries_[number].files.push_back(file.name());
    if (is_open(file)) continue;
    if (!count(file.at) || !fits()) return;
    chain_.push_back(file.at);
    if (!load_file(std::move(file), given, config)) entries_[number].outcome = IncludeEntry::Outcome::missing;
    chain_.pop_back();
  }
}

bool Sources::applies(const Node& entry, const Place& place, const Scope& scope) {
  const Node* rules = entry.find("rules");
  if (rules == nullptr) return true;
  Decision decision;
  const Rule* rule = rules_.first_match(rules_.read(*rules, RulesOf::include), scope, decision, place.tree);
  return rule != nullptr && rule->when != "never";
}

void Sources::tell_kinds_apart(const Node& entry, const Place& place, bool applied) {
  const Node* local = entry.is_mapping() ? entry.find("local") : &entry;
  const bool varies = local != nullptr && local->is_string() && local->text().find('$') != std::string_view::npos;
  if (!varies && (!entry.is_mapping() || entry.find("rules") == nullptr)) return;
  for (KindScope& kind : *kinds_) {
    Scope scope;
    scope.below(*pipeline_variables_).below(kind.predefined);
    kind.apart = kind.apart || (entry.is_mapping() && applies(entry, place, scope) != applied);
    if (!varies || !applied || kind.apart) continue;
    kind.apart = expand(local->text(), scope, Unknown::empty) != expand(local->text(), scope_, Unknown::empty);
  }
}

bool Sources::count(const SourceSpan& at) {
  if (++read_.files <= kMaxIncludes) return true;
  report_.error("too-many", at, "more than 150 files are included");
  return false;
}

bool Sources::fits() const { return read_.bytes <= kMaxBytes && read_.values <= kMaxValues; }

bool Sources::count_content(const SourceFile& file, const yaml::Parsed& parsed) {
  const bool fitted = fits();
  read_.bytes += file.text.size();
  for (const Node* document : parsed.documents) read_.values += document->weight();
  if (fits()) return true;
  // The first one too many is told.
  if (fitted && !parsed.documents.empty()) {
    report_.error("too-large", parsed.documents.front()->span(),
                  "with this file the pipeline's files are too large: more than 16 MiB or 2,000,000 values together");
  }
  return false;
}

/// Whether the file is one of those that are being read, which would go on for ever: reported, with the way round.
bool Sources::is_open(const IncludedFile& file) {
  const std::string name = file.name();
  const auto first = std::find(open_.begin(), open_.end(), name);
  if (first == open_.end()) return false;
  if (file.by_pattern) return true;
  Diagnostic& told = report_.error("include-cycle", file.at, "`" + name + "` includes itself");
  if (open_.end() - first < 2) return true;
  for (auto at = first; at != open_.end(); ++at) told.message += (at == first ? ": `" : " → `") + *at + "`";
  told.message += " → `" + name + "`";
  return true;
}

void Sources::missing(const IncludedFile& file) {
  std::string where = file.place.prefix.empty() ? "the project" : file.place.prefix;
  if (where.ends_with(':')) where = "`" + where.substr(0, where.size() - 1) + "`";
  Diagnostic& told = report_.error("unknown-file", file.at, "`" + file.path + "` doesn't exist in " + where);
  if (!file.at.known()) return;
  std::vector<std::string_view> candidates;
  for (const std::string& candidate : file.place.tree->paths()) {
    if (is_yaml_name(candidate)) candidates.push_back(candidate);
  }
  told.instead = nearest(file.path, candidates);
}

}  // namespace penstock::gitlab
