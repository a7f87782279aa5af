#include "environments/services.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "base/environment_names.h"
#include "base/words.h"
#include "rollout/release_group.h"

namespace penstock::environments {
namespace {

const Node* without(yaml::Arena& arena, const Node& node, std::string_view key) {
  std::vector<yaml::Entry> entries;
  for (const yaml::Entry& entry : node.entries()) {
    if (entry.key->text() != key) entries.push_back(entry);
  }
  return arena.mapping(entries, node);
}

bool check_name(Report& report, const Node& key) {
  const std::string_view name = key.text();
  if (is_environment_name(name) && name.find_first_of("/*${}") == std::string_view::npos) return true;
  report.error("invalid-name", key.span(), quoted(name) + " can't be the name of a service").help =
      "use letters, digits, spaces and `-_.`";
  return false;
}

/// Each name in `after` must be another service's.
void read_after(Report& report, const Node& services, const Node& after, ServiceSpec& spec) {
  const Node* const self = &after;
  for (const Node* item : after.is_sequence() ? after.items() : std::span(&self, 1)) {
    const std::optional<std::string> name = read_text(report, *item, "`after`");
    if (!name) continue;
    const yaml::Entry* other = services.find_entry(*name);
    if (other != nullptr && !other->value->is_null() && *name != spec.name) {
      spec.after.push_back(*name);
      continue;
    }
    std::vector<std::string_view> names;
    for (const yaml::Entry& entry : services.entries()) {
      if (entry.key->text() != spec.name) names.push_back(entry.key->text());
    }
    report
        .error("unknown-service", item->span(),
               "service " + quoted(spec.name) + " comes after " + quoted(*name) +
                   (*name == spec.name ? ", itself" : ", which is none of the services"))
        .instead = nearest(*name, names);
  }
}

/// As written, but each behind those that it comes after.
std::vector<WrittenService> in_order(std::vector<WrittenService> services) {
  std::vector<WrittenService> ordered;
  const auto is_done = [&](const std::string& name) {
    return std::any_of(ordered.begin(), ordered.end(), [&](const auto& one) { return one.spec.name == name; });
  };
  while (!services.empty()) {
    const auto next = std::find_if(services.begin(), services.end(), [&](const WrittenService& service) {
      return std::all_of(service.spec.after.begin(), service.spec.after.end(), is_done);
    });
    if (next == services.end()) return {};
    ordered.push_back(std::move(*next));
    services.erase(next);
  }
  return ordered;
}

}  // namespace

std::vector<WrittenService> read_services(Report& report, yaml::Arena& arena, Inheritance& inheritance,
                                          const Written& group) {
  const yaml::Entry& place = *group.node->find_entry("services");
  if (group.name.find('*') != std::string_view::npos) {
    report.error("conflicting-keywords", place.key->span(), "a pattern can't have `services`").help =
        "declare an environment of one name";
    return {};
  }
  if (!place.value->is_mapping() || place.value->entries().empty()) {
    wrong_type(report, *place.value, "`services`", "a mapping of names to what differs");
    return {};
  }
  const size_t before = report.errors();
  const Node* shared = without(arena, *group.node, "services");
  std::vector<WrittenService> services;
  std::vector<GroupMember> members;
  for (const yaml::Entry& entry : place.value->entries()) {
    if (entry.value->is_null() || !check_name(report, *entry.key)) continue;  // null takes an inherited one away
    const std::string name(entry.key->text());
    if (!entry.value->is_mapping()) {
      wrong_type(report, *entry.value, "service " + quoted(name), "a mapping");
      continue;
    }
    WrittenService service{{name, {}}, entry.key, nullptr, entry.value->find("folder") != nullptr};
    if (const Node* after = entry.value->find("after")) read_after(report, *place.value, *after, service.spec);
    service.node = inheritance.over(*shared, *without(arena, *entry.value, "after"));
    if (service.node == nullptr) continue;
    members.push_back({name, service.spec.after});
    services.push_back(std::move(service));
  }
  if (report.errors() != before) return {};
  if (const auto possible = ReleaseGroup::create(members, true); !possible.ok()) {
    report.error("services-cycle", place.key->span(), possible.error().message).help = "take one `after` away";
    return {};
  }
  return in_order(std::move(services));
}

EnvironmentSpec read_group(Report& report, const Written& group, const std::vector<WrittenService>& services) {
  EnvironmentSpec spec;
  spec.name = std::string(group.name);
  spec.rollout.environment = spec.name;
  spec.location = location_of(group.key->span());
  spec.tier = environment_tier(spec.name);
  const auto take = [&](std::string_view key, std::string& value) {
    const Node* node = group.node->find(key);
    if (node == nullptr || node->is_null()) return;
    if (auto text = read_text(report, *node, quoted(key))) value = *std::move(text);
  };
  take("tier", spec.tier);
  take("url", spec.url);
  for (const WrittenService& service : services) spec.services.push_back(service.spec);
  return spec;
}

void tell_apart(const WrittenService& service, EnvironmentSpec& spec) {
  if (service.has_folder) return;
  std::string* folder = nullptr;
  if (auto* hosts = std::get_if<HostsTarget>(&spec.target)) folder = &hosts->folder;
  if (auto* commands = std::get_if<CommandsTarget>(&spec.target)) folder = &commands->folder;
  if (folder != nullptr && !folder->empty()) *folder += "/" + environment_slug(service.spec.name);
}

}  // namespace penstock::environments
