#include <re2/re2.h>

#include <array>

#include "base/words.h"
#include "environments/readers.h"

namespace penstock::environments {
namespace {

constexpr std::array<std::string_view, 3> kProbes = {"http", "tcp", "command"};
constexpr int kMostInRow = 1'000;

void check_pattern(Report& report, const Node* node, const std::string& pattern) {
  if (node == nullptr || pattern.empty()) return;
  const RE2 compiled(pattern, RE2::Quiet);
  if (!compiled.ok())
    report.error("invalid-pattern", node->span(), "RE2 can't read this regular expression: " + compiled.error());
}

Probe::Http read_http(Report& report, const Node& node) {
  Probe::Http http;
  if (node.is_string()) {
    http.path = std::string(node.text());
  } else {
    Fields fields(report, node, "`http`");
    fields.text("path", http.path);
    fields.number("status", http.status, 100, 599);
    fields.text("body", http.body);
    check_pattern(report, fields.find("body"), http.body);
    fields.pairs("headers", http.headers);
    Pairs expected;
    if (fields.pairs("expect_header", expected)) {
      const Node& written = *fields.find("expect_header");
      if (expected.size() == 1) http.expect_header = expected.front();
      if (written.is_mapping() && written.entries().size() != 1)
        report.error("wrong-type", written.span(), "`expect_header` must hold one header").help =
            "write it like `expect_header: {X-Ready: yes}`";
    }
    fields.finish();
  }
  if (!http.path.starts_with('/')) {
    const Node* path = node.is_mapping() ? node.find("path") : &node;
    if (path != nullptr) report.error("invalid-path", path->span(), "the path of a health check must begin with `/`");
  }
  return http;
}

/// False where none is said.
bool read_probe(Fields& fields, Probe& probe) {
  const std::optional<std::string_view> kind = fields.one_of(kProbes);
  if (!kind) return false;
  const Node& node = *fields.find(*kind);
  if (*kind == "http") {
    probe.what = read_http(fields.report(), node);
  } else if (*kind == "command") {
    probe.what = Probe::Command{read_text(fields.report(), node, "`command`").value_or("")};
  } else {
    probe.what = Probe::Tcp{};
    if (const std::optional<bool> yes = read_flag(fields.report(), node, "`tcp`"); yes && !*yes)
      fields.report().error("unknown-value", node.span(), "`tcp` can only be true").help = "leave it out";
  }
  return true;
}

}  // namespace

void read_health(Fields& fields, EnvironmentSpec& spec) {
  const Node* node = fields.find("health");
  if (node == nullptr) return;
  Report& report = fields.report();
  Fields health(report, *node, "`health`");
  read_probe(health, spec.readiness);
  HealthPolicy& policy = spec.rollout.health;
  health.duration("start_within", policy.start_within, Duration(100), kDay);
  health.duration("every", policy.every, Duration(100), Duration(std::chrono::hours(1)));
  health.duration("timeout", policy.timeout, Duration(10), Duration(std::chrono::hours(1)));
  health.number("successes", policy.successes, 1, kMostInRow);
  health.number("failures", policy.failures, 1, kMostInRow);
  health.duration("warm_up", policy.warm_up, Duration(0), kDay);
  if (const Node* liveness = health.find("liveness")) {
    Fields live(report, *liveness, "`liveness`");
    if (!read_probe(live, spec.liveness.emplace()))
      live.missing("http", "say what is looked at: `http`, `tcp` or `command`", kProbes);
    live.finish();
  }
  health.finish();
}

}  // namespace penstock::environments
