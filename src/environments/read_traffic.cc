#include <algorithm>
#include <array>
#include <charconv>

#include "base/words.h"
#include "environments/readers.h"

namespace penstock::environments {
namespace {

constexpr std::array<std::string_view, 2> kWays = {"haproxy", "command"};
constexpr std::array<std::string_view, 2> kModes = {"http", "tcp"};

/// `:80`, `127.0.0.1:8000`, `[::1]:8000`.
void check_address(Report& report, const Node* node, const std::string& address) {
  if (node == nullptr || address.empty()) return;
  const size_t colon = address.rfind(':');
  int port = 0;
  const char* const end = address.data() + address.size();
  const bool good = colon != std::string::npos && std::from_chars(address.data() + colon + 1, end, port).ptr == end &&
                    port >= 1 && port <= 65'535 && address.find_first_of(" \t\n\"'\\#") == std::string::npos;
  if (good) return;
  report.error("invalid-address", node->span(), quoted(address) + " is no address to listen at").help =
      "write it like `:80` or `127.0.0.1:8000`";
}

/// One that runs already.
void read_found(Fields& fields, HaproxySpec& haproxy) {
  Report& report = fields.report();
  for (std::string_view own : {"listen", "preview"}) {
    const Node* node = fields.find(own);
    if (node == nullptr || node->is_null()) continue;
    report.error("conflicting-keywords", node->span(), quoted(own) + " is for a HAProxy of the environment's own")
        .help = "leave it out: where one that runs already listens, its configuration says";
  }
  const Node* socket = fields.find("socket");
  if (socket == nullptr) fields.missing("socket", "name the socket of the HAProxy that runs already");
  if (socket != nullptr && !haproxy.socket.starts_with('/')) {
    report.error("invalid-path", socket->span(), quoted(haproxy.socket) + " is no absolute path").help =
        "write what its `stats socket` says, like `/run/haproxy/admin.sock`";
  }
  const Node* backend = fields.find("backend");
  if (backend == nullptr) fields.missing("backend", "name the backend of the HAProxy that runs already");
  const bool plain = std::all_of(haproxy.backend.begin(), haproxy.backend.end(), [](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || std::string_view("-_.:").find(c) != std::string_view::npos;
  });
  if (backend != nullptr && !plain) {
    report.error("invalid-name", backend->span(), quoted(haproxy.backend) + " can't be the name of a backend").help =
        "write it as HAProxy's configuration does";
  }
}

void read_haproxy(Report& report, const Node& node, HaproxySpec& haproxy) {
  Fields fields(report, node, "`haproxy`");
  haproxy.host = "local";
  fields.text("host", haproxy.host);
  if (const Node* host = fields.find("host"); host != nullptr && host->is_string())
    check_host_name(report, *host, haproxy.host);
  const bool listens = fields.text("listen", haproxy.listen);
  check_address(report, fields.find("listen"), haproxy.listen);
  fields.text("preview", haproxy.preview);
  check_address(report, fields.find("preview"), haproxy.preview);
  const bool socket = fields.text("socket", haproxy.socket);
  const bool backend = fields.text("backend", haproxy.backend);
  std::string mode = "http";
  fields.word("mode", mode, kModes);
  haproxy.http = mode == "http";
  if (socket || backend) {
    read_found(fields, haproxy);
  } else if (!listens) {
    constexpr static std::array<std::string_view, 2> kOfOneThatRuns = {"socket", "backend"};
    fields.missing("listen", "add `listen: 127.0.0.1:8000`, or `socket` and `backend` of a HAProxy that runs already",
                   kOfOneThatRuns);
  }
  fields.finish();
}

}  // namespace

void read_traffic(Fields& fields, EnvironmentSpec& spec) {
  if (const auto* commands = std::get_if<CommandsTarget>(&spec.target))
    spec.rollout.steers_traffic = !commands->shift.empty();
  const Node* node = fields.find("traffic");
  if (node == nullptr) return;
  Fields traffic(fields.report(), *node, "`traffic`");
  const std::optional<std::string_view> way = traffic.one_of(kWays);
  if (way) spec.rollout.steers_traffic = true;
  if (way && *way == "haproxy") {
    read_haproxy(fields.report(), *traffic.find("haproxy"), spec.traffic.emplace<HaproxySpec>());
  } else if (way) {
    TrafficCommand command;
    traffic.text("command", command.command);
    spec.traffic = std::move(command);
  }
  if (!way && node->entries().empty()) traffic.missing("haproxy", "say who steers traffic: `haproxy` or `command`");
  traffic.finish();
}

}  // namespace penstock::environments
