#include "target_hosts/haproxy_config.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

#include "base/digest.h"

namespace penstock {
namespace {

constexpr int kGreatestWeight = 256;
constexpr size_t kStructureDigits = 32;

std::string in_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\' || c == '$') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

/// Instances that a backend sends to, by weight. The others are in maintenance there.
using Weights = std::map<InstanceAddress, int>;

Weights live_weights(const ProxyConfig& config) {
  const std::vector<int> weights = proxy_weights(config.split.shares);
  Weights found;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] > 0) found[config.split.shares[i].address] = weights[i];
  }
  return found;
}

Weights equal_weights(const std::vector<InstanceAddress>& instances) {
  Weights found;
  for (const InstanceAddress& instance : instances) found[instance] = 1;
  return found;
}

struct Backend {
  std::string_view name;
  Weights weights;
};

std::vector<Backend> backends_of(const ProxyConfig& config) {
  std::vector<Backend> backends{{kLiveBackend, live_weights(config)}};
  if (config.spec.http) backends.push_back({kIncomingBackend, equal_weights(config.split.by_header)});
  if (!config.spec.preview.empty()) backends.push_back({kPreviewBackend, equal_weights(config.split.preview)});
  return backends;
}

std::string bind_address(const std::string& listen) { return listen.starts_with(':') ? "*" + listen : listen; }

/// The split in comments, from which it is read again: for a set-up in the middle of a rollout.
std::string split_comments(const ProxyConfig& config) {
  auto place = [](const InstanceAddress& at) { return at.host + " " + std::to_string(at.port); };
  std::string text;
  for (const auto& share : config.split.shares) {
    text += "# share " + place(share.address) + " " + std::to_string(share.weight) + "\n";
  }
  for (const auto& at : config.split.preview) text += "# preview " + place(at) + "\n";
  for (const auto& at : config.split.by_header) text += "# incoming " + place(at) + "\n";
  const TrafficSplit::HeaderRoute& header = config.split.header;
  if (!header.name.empty()) text += "# header " + header.name + " " + header.value + "\n";
  std::map<std::string, std::string> addresses;
  for (const ProxySlot& slot : config.slots) addresses[slot.instance.host] = slot.address;
  for (const auto& [host, address] : addresses) text += "# address " + host + " " + address + "\n";
  return text;
}

constexpr std::string_view kStructure = "# structure ";

/// Everything but the servers' weights and states.
std::string head(const ProxyConfig& config) {
  const bool http = config.spec.http;
  std::string text = "global\n  stats socket " + in_quotes(config.folder + "/socket") +
                     " mode 600 level admin\n  hard-stop-after 60s\n"
                     "ring requests\n  format raw\n  maxlen 1000\n  size 4194304\n"
                     "defaults\n  log ring@requests format raw local0\n";
  text += http ? "  mode http\n  log-format \"%Ts.%ms %s %ST %TR %Tw %Tc %Tr %ts\"\n"
               : "  mode tcp\n  log-format \"%Ts.%ms %s - 0 %Tw %Tc 0 %ts\"\n";
  text +=
      "  timeout connect 2s\n  timeout client 60s\n  timeout server 60s\n  timeout queue 5s\n"
      "  option redispatch 1\n  retries 3\n  balance roundrobin\n";
  if (http) text += "  timeout http-request 30s\n  timeout http-keep-alive 30s\n  retry-on conn-failure\n";
  text += "frontend public\n  bind " + bind_address(config.spec.listen) + "\n";
  if (const TrafficSplit::HeaderRoute& header = config.split.header; http && !header.name.empty()) {
    text += "  use_backend incoming if { req.hdr(" + header.name + ") -m str " + in_quotes(header.value) + " }\n";
  }
  text += "  default_backend live\n";
  if (!config.spec.preview.empty()) {
    text += "frontend preview\n  bind " + bind_address(config.spec.preview) + "\n  default_backend preview\n";
  }
  return text;
}

}  // namespace

std::string server_name(const InstanceAddress& instance) {
  std::string name = instance.host + ":" + std::to_string(instance.port);
  for (char& c : name) {
    const bool known = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == ':';
    if (!known) c = '-';
  }
  return name;
}

std::vector<int> proxy_weights(const std::vector<TrafficSplit::Share>& shares) {
  std::vector<int> weights(shares.size(), 0);
  int greatest = 0;
  int64_t total = 0;
  for (const auto& share : shares) {
    greatest = std::max(greatest, share.weight);
    total += share.weight;
  }
  if (greatest <= 0) return weights;
  double best = -1;
  for (int top = kGreatestWeight; top > 0; --top) {
    std::vector<int> candidate;
    int64_t sum = 0;
    for (const auto& share : shares) {
      const auto scaled = static_cast<int>(std::lround(static_cast<double>(share.weight) * top / greatest));
      candidate.push_back(share.weight > 0 ? std::max(scaled, 1) : 0);
      sum += candidate.back();
    }
    double error = 0;
    for (size_t i = 0; i < shares.size(); ++i) {
      error += std::abs(static_cast<double>(candidate[i]) / static_cast<double>(sum) -
                        static_cast<double>(shares[i].weight) / static_cast<double>(total));
    }
    if (best >= 0 && error >= best) continue;
    best = error;
    weights = candidate;
  }
  return weights;
}

std::string render(const ProxyConfig& config) {
  std::string structure = head(config);
  std::string text = structure;
  for (const Backend& backend : backends_of(config)) {
    const std::string name = "backend " + std::string(backend.name) + "\n";
    structure += name;
    text += name;
    for (const ProxySlot& slot : config.slots) {
      std::string line =
          "  server " + server_name(slot.instance) + " " + slot.address + ":" + std::to_string(slot.instance.port);
      structure += line + "\n";
      auto weight = backend.weights.find(slot.instance);
      line += weight == backend.weights.end() ? " weight 1 disabled" : " weight " + std::to_string(weight->second);
      text += line + "\n";
    }
  }
  const std::string digest = to_hex(sha256(structure)).substr(0, kStructureDigits);
  return "# Written by ci, and again with each shift of traffic.\n" + std::string(kStructure) + digest + "\n" +
         split_comments(config) + "global\n  description " + digest + "\n" + text;
}

std::string structure_of(std::string_view text) {
  const size_t at = text.find(kStructure);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + kStructure.size());
  return std::string(text.substr(0, text.find('\n')));
}

RenderedSplit split_of(std::string_view text) {
  RenderedSplit found;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line) && line.starts_with('#');) {
    std::istringstream words(line);
    std::string mark;
    std::string kind;
    InstanceAddress at;
    words >> mark >> kind;
    if (kind == "header") {
      words >> found.split.header.name >> std::ws;
      std::getline(words, found.split.header.value);
    } else if (std::string address; kind == "address" && words >> at.host >> address) {
      found.addresses[at.host] = address;
    } else if (words >> at.host >> at.port) {
      int weight = 0;
      if (kind == "share" && words >> weight) found.split.shares.push_back({at, weight});
      if (kind == "preview") found.split.preview.push_back(at);
      if (kind == "incoming") found.split.by_header.push_back(at);
    }
  }
  return found;
}

std::vector<std::string> runtime_commands(const ProxyConfig& config) {
  std::vector<std::string> first;
  std::vector<std::string> then;
  for (const Backend& backend : backends_of(config)) {
    for (const ProxySlot& slot : config.slots) {
      const std::string server = "set server " + std::string(backend.name) + "/" + server_name(slot.instance);
      auto weight = backend.weights.find(slot.instance);
      if (weight == backend.weights.end()) {
        then.push_back(server + " state maint");
      } else {
        first.push_back(server + " weight " + std::to_string(weight->second));
        first.push_back(server + " state ready");
      }
    }
  }
  first.insert(first.end(), then.begin(), then.end());
  return first;
}

}  // namespace penstock
