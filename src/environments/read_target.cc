#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <unordered_set>

#include "base/words.h"
#include "environments/readers.h"
#include "environments/words.h"

namespace penstock::environments {
namespace {

constexpr std::array<std::string_view, 2> kTargets = {"hosts", "commands"};
constexpr int kLastPort = 65'535;
constexpr size_t kMostPorts = 1'000;
constexpr size_t kMostHosts = 1'000;
constexpr size_t kMostSlots = 10'000;

std::optional<int> port_of(std::string_view text) {
  int port = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (problem != std::errc() || end != text.data() + text.size() || port < 1 || port > kLastPort) return std::nullopt;
  return port;
}

/// `8100` or `8100-8119`.
bool add_ports(std::string_view text, std::vector<int>& ports) {
  const size_t dash = text.find('-');
  const std::optional<int> first = port_of(text.substr(0, dash));
  const std::optional<int> last = dash == std::string_view::npos ? first : port_of(text.substr(dash + 1));
  if (!first || !last || *last < *first) return false;
  for (int port = *first; port <= *last && ports.size() <= kMostPorts; ++port) {
    if (std::find(ports.begin(), ports.end(), port) == ports.end()) ports.push_back(port);
  }
  return true;
}

/// `8119-8100` as it was meant.
std::string turned_round(std::string_view range) {
  const size_t dash = range.find('-');
  if (dash == std::string_view::npos) return {};
  return std::string(range.substr(dash + 1)) + "-" + std::string(range.substr(0, dash));
}

std::vector<int> read_ports(Report& report, const Node& node) {
  std::vector<int> ports;
  const Node* const self = &node;
  const std::span<const Node* const> items = node.is_sequence() ? node.items() : std::span(&self, 1);
  for (const Node* item : items) {
    if (item->is_scalar() && add_ports(item->text(), ports)) continue;
    if (const std::string turned = turned_round(item->text()); item->is_scalar() && add_ports(turned, ports)) {
      report.error("invalid-ports", item->span(), quoted(item->text()) + " runs backwards").help =
          "write it like `" + turned + "`";
      continue;
    }
    report.error("invalid-ports", item->span(), "`ports` must be numbers from 1 to 65535 or ranges of them").help =
        "write them like `8100-8119` or `[8100, 8200-8209]`";
  }
  if (ports.size() > kMostPorts) {
    report.error("too-many", node.span(), "`ports` can hold at most " + std::to_string(kMostPorts) + " ports a host");
    ports.clear();
  }
  if (items.empty()) report.error("missing-value", node.span(), "`ports` is empty");
  std::sort(ports.begin(), ports.end());
  return ports;
}

/// What stands in an ssh command line must not be taken for an option, nor hold what no host name holds.
bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > 255 || name.front() == '-') return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("-_.:@[]%").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

}  // namespace

bool check_host_name(Report& report, const Node& at, std::string_view name) {
  if (is_host_name(name)) return true;
  report.error("invalid-name", at.span(), quoted(name) + " can't be the name of a host").help =
      "use a name that ssh knows, or `local` for this machine";
  return false;
}

namespace {

std::optional<HostSlots> read_host(Report& report, const Node& node) {
  HostSlots slots;
  const Node* name = &node;
  if (node.is_mapping()) {
    Fields fields(report, node, "a host");
    name = fields.find("name");
    if (name == nullptr) fields.missing("name", "add `name: web-1`, as ssh knows it");
    if (const Node* ports = fields.find("ports")) slots.ports = read_ports(report, *ports);
    fields.finish();
    if (name == nullptr) return std::nullopt;
  }
  std::optional<std::string> text = read_text(report, *name, "a host");
  if (!text) return std::nullopt;
  if (!check_host_name(report, *name, *text)) return std::nullopt;
  slots.host = std::move(*text);
  return slots;
}

void read_commands(Fields& fields, CommandsTarget& target) {
  const Node* node = fields.find("commands");
  if (node == nullptr) {
    fields.missing("commands", "add `commands: {start: ./start, stop: ./stop}`");
    return;
  }
  Fields commands(fields.report(), *node, "`commands`");
  if (!commands.text("start", target.start)) commands.missing("start", "say how an instance is started");
  if (!commands.text("stop", target.stop)) commands.missing("stop", "say how an instance is stopped");
  commands.text("check", target.check);
  commands.text("shift", target.shift);
  commands.text("observe", target.observe);
  commands.finish();
  fields.text("folder", target.folder);
}

void read_services(Fields& fields, HostsTarget& target) {
  std::string service;
  fields.word("service", service, words_of(kServiceWords));
  if (const auto* known = value_of(kServiceWords, service)) target.service = *known;
  fields.flag("user", target.user_units);
  fields.text("folder", target.folder);
  fields.texts("ssh_options", target.ssh_options);
}

}  // namespace

void read_target(Fields& fields, EnvironmentSpec& spec) {
  std::string target;
  if (!fields.word("target", target, kTargets)) return;
  if (target == "hosts") read_services(fields, spec.target.emplace<HostsTarget>());
  if (target == "commands") read_commands(fields, spec.target.emplace<CommandsTarget>());
}

void read_hosts(Fields& fields, EnvironmentSpec& spec) {
  Report& report = fields.report();
  fields.number("instances", spec.rollout.instances, 1, 10'000);
  const bool commands = std::holds_alternative<CommandsTarget>(spec.target);
  std::vector<int> ports;
  const Node* written = fields.find("ports");
  if (written != nullptr) ports = read_ports(report, *written);
  // Scripts need no real ports: their instances are numbered. Twice as many, so that each strategy finds room.
  for (int slot = 1; commands && written == nullptr && slot <= 2 * spec.rollout.instances; ++slot)
    ports.push_back(slot);
  const Node* hosts = fields.find("hosts");
  if (hosts == nullptr) {
    if (commands) spec.rollout.hosts = {{"local", ports}};
    return;
  }
  const Node* const self = hosts;
  const std::span<const Node* const> items = hosts->is_sequence() ? hosts->items() : std::span(&self, 1);
  if (items.size() > kMostHosts) {
    report.error("too-many", hosts->span(), "`hosts` can hold at most " + std::to_string(kMostHosts) + " hosts");
    return;
  }
  std::unordered_set<std::string> names;
  size_t room = 0;
  for (const Node* item : items) {
    std::optional<HostSlots> slots = read_host(report, *item);
    if (!slots) continue;
    if (!names.insert(slots->host).second)
      report.error("repeated", item->span(), "host " + quoted(slots->host) + " stands here twice");
    if (slots->ports.empty()) slots->ports = ports;
    room += slots->ports.size();
    if (room > kMostSlots) {
      report.error("too-many", hosts->span(), "an environment can have at most 10000 ports on all its hosts");
      return;
    }
    spec.rollout.hosts.push_back(std::move(*slots));
  }
}

}  // namespace penstock::environments
