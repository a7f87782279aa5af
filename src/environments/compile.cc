#include "environments/compile.h"

#include <algorithm>
#include <deque>
#include <unordered_set>

#include "base/environment_names.h"
#include "base/words.h"
#include "environments/inherit.h"
#include "environments/readers.h"
#include "environments/services.h"

namespace penstock {
namespace environments {
namespace {

/// Bounds of a whole file, beyond which nobody wrote it by hand.
constexpr size_t kMostEnvironments = 1'000;
constexpr size_t kMostSlots = 200'000;

/// One compilation of a file; each step copes with what an earlier one had to leave out.
class Compilation {
 public:
  explicit Compilation(TimeZones& zones) : zones_(zones) {}

  CompiledEnvironments run(std::shared_ptr<const SourceFile> source) {
    CompiledEnvironments result;
    if (const Node* root = parse(std::move(source))) {
      read_groups(*root);
      read_entries(*root);
      for (size_t i = 0; i < written_.size(); ++i)
        check_environment(report_, file_, written_[i], file_.environments[i]);
      check_together(report_, written_, file_.environments);
    }
    if (report_.errors() == 0) result.file = std::move(file_);
    result.diagnostics = report_.take();
    return result;
  }

 private:
  const Node* parse(std::shared_ptr<const SourceFile> source) {
    yaml::Parsed parsed = yaml::parse(std::move(source), arena_);
    report_.add(parsed.diagnostics);
    if (report_.errors() > 0 || parsed.documents.empty()) return nullptr;
    const Node* root = parsed.documents.front();
    if (parsed.documents.size() > 1)
      report_.error("too-many", parsed.documents[1]->span(), "an environments file is one document");
    if (root->is_null()) return nullptr;
    if (root->is_mapping()) return root;
    wrong_type(report_, *root, "an environments file", "a mapping");
    return nullptr;
  }

  void read_groups(const Node& root) {
    const Node* groups = root.find("groups");
    if (groups == nullptr || groups->is_null()) return;
    if (!groups->is_mapping()) return wrong_type(report_, *groups, "`groups`", "a mapping of names to people");
    for (const yaml::Entry& entry : groups->entries()) {
      const std::string name(entry.key->text());
      file_.groups[name] = read_texts(report_, *entry.value, "group " + quoted(name));
    }
  }

  void read_entries(const Node& root) {
    Inheritance inheritance(report_, arena_, root);
    for (const yaml::Entry& entry : root.entries()) {
      const std::string_view name = entry.key->text();
      if (name == "groups" || name.starts_with('.')) continue;
      check_name(*entry.key);
      const Node* node = entry.value;
      if (!node->is_mapping() && !node->is_null()) {
        wrong_type(report_, *node, "environment " + quoted(name), "a mapping");
        continue;
      }
      node = node->is_null() ? arena_.mapping({}, *node) : inheritance.resolve(entry);
      if (node == nullptr) continue;
      add({name, entry.key, node}, inheritance);
      if (written_.size() >= kMostEnvironments || room_ > kMostSlots) {
        report_.error("too-many", entry.key->span(), "there are too many environments, or too many ports in all");
        return;
      }
    }
  }

  void add(const Written& written, Inheritance& inheritance) {
    const Node* services = written.node->find("services");
    if (services == nullptr || services->is_null()) return (void)add_one(written);
    const std::vector<WrittenService> found = read_services(report_, arena_, inheritance, written);
    if (!keep(written)) return;
    file_.environments.push_back(read_group(report_, written, found));
    for (const WrittenService& service : found) {
      const std::string& name = names_.emplace_back(service_environment(written.name, service.spec.name));
      if (!add_one({name, service.key, service.node})) continue;
      EnvironmentSpec& spec = file_.environments.back();
      if (service.node->find("tier") == nullptr) spec.tier = environment_tier(written.name);
      tell_apart(service, spec);
    }
  }

  /// False where it can't be an entry.
  bool keep(const Written& written) {
    if (!known_.insert(written.name).second) {
      report_.error("repeated", written.key->span(), "environment " + quoted(written.name) + " is declared twice")
          .help = "one of them is a service";
      return false;
    }
    written_.push_back(written);
    return true;
  }

  bool add_one(const Written& written) {
    if (!keep(written)) return false;
    const size_t before = report_.errors();
    file_.environments.push_back(read_environment(report_, zones_, written_.back()));
    written_.back().sound = report_.errors() == before;
    for (const HostSlots& slots : file_.environments.back().rollout.hosts) room_ += slots.ports.size();
    return true;
  }

  void check_name(const Node& key) {
    std::string plain(key.text());
    std::replace(plain.begin(), plain.end(), '*', 'x');
    if (is_environment_name(plain) && plain.find_first_of("${}") == std::string::npos) return;
    report_.error("invalid-name", key.span(), quoted(key.text()) + " can't be the name of an environment").help =
        "use letters, digits, spaces and `-_/.`, no `/` at either end; `*` stands for any text";
  }

  TimeZones& zones_;
  yaml::Arena arena_;
  Report report_;
  EnvironmentsFile file_;
  std::vector<Written> written_;
  std::deque<std::string> names_;  ///< Of services.
  std::unordered_set<std::string_view> known_;
  size_t room_ = 0;
};

}  // namespace
}  // namespace environments

CompiledEnvironments compile_environments(std::shared_ptr<const SourceFile> source, TimeZones& zones) {
  return environments::Compilation(zones).run(std::move(source));
}

std::optional<EnvironmentSpec> find_environment(const EnvironmentsFile& file, std::string_view name) {
  for (const EnvironmentSpec& spec : file.environments) {
    if (spec.name == name) return spec;
  }
  for (const EnvironmentSpec& spec : file.environments) {
    if (spec.name.find('*') == std::string::npos || !matches_environment(spec.name, name)) continue;
    EnvironmentSpec found = spec;
    found.name = std::string(name);
    found.rollout.environment = found.name;
    // Each has a folder of its own.
    if (auto* commands = std::get_if<CommandsTarget>(&found.target)) {
      if (const size_t star = commands->folder.find('*'); star != std::string::npos)
        commands->folder.replace(star, 1, environment_slug(name));
    }
    return found;
  }
  return std::nullopt;
}

std::string service_environment(std::string_view environment, std::string_view service) {
  return std::string(environment) + "/" + std::string(service);
}

std::vector<EnvironmentSpec> places_of(const EnvironmentsFile& file, const EnvironmentSpec& spec) {
  if (spec.services.empty()) return {spec};
  std::vector<EnvironmentSpec> places;
  for (const ServiceSpec& service : spec.services)
    if (auto place = find_environment(file, service_environment(spec.name, service.name)))
      places.push_back(*std::move(place));
  return places;
}

std::vector<std::string_view> environment_names(const EnvironmentsFile& file) {
  std::vector<std::string_view> names;
  for (const EnvironmentSpec& spec : file.environments) names.push_back(spec.name);
  return names;
}

}  // namespace penstock
