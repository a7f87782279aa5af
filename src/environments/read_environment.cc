#include <array>

#include "base/environment_names.h"
#include "base/words.h"
#include "environments/readers.h"
#include "environments/words.h"

namespace penstock::environments {
namespace {

constexpr std::array<std::string_view, 5> kTiers = {"production", "staging", "testing", "development", "other"};
constexpr Duration kYear = 366 * kDay;
/// What only has a meaning where Penstock itself deploys.
constexpr std::array<std::string_view, 21> kOfRollouts = {
    "hosts",     "commands", "service",   "user",   "folder",   "ssh_options", "application",
    "instances", "ports",    "health",    "drain",  "deadline", "traffic",     "strategy",
    "analysis",  "bake",     "approvals", "freeze", "queue",    "hooks",       "notify"};

void read_queue(Fields& fields, EnvironmentSpec& spec) {
  std::string queue;
  fields.word("queue", queue, words_of(kQueueWords));
  if (const auto* known = value_of(kQueueWords, queue)) spec.queue = *known;
}

/// It may be put together of variables.
void check_url(Fields& fields, const std::string& url) {
  const bool plain = url.find('$') == std::string::npos;
  const bool blanks = url.find_first_of(" \t\n") != std::string::npos;
  if (url.empty() || (!blanks && (!plain || url.starts_with("http://") || url.starts_with("https://")))) return;
  fields.report().error("invalid-address", fields.find("url")->span(), quoted(url) + " is no address").help =
      "write it like `https://app.example`";
}

/// An environment without a target is only described; what would need one is a mistake.
void refuse_without_target(Fields& fields) {
  for (const yaml::Entry& entry : fields.node().entries()) {
    for (std::string_view key : kOfRollouts) {
      if (entry.key->text() != key || fields.find(key) == nullptr) continue;
      fields.report().error("missing-target", entry.key->span(), quoted(key) + " needs a `target`").help =
          "add `target: hosts` or `target: commands`";
      return;
    }
  }
}

}  // namespace

EnvironmentSpec read_environment(Report& report, TimeZones& zones, const Written& written) {
  EnvironmentSpec spec;
  spec.name = std::string(written.name);
  spec.location = location_of(written.key->span());
  spec.tier = environment_tier(spec.name);
  Fields fields(report, *written.node, "an environment");
  fields.find("extends");
  fields.word("tier", spec.tier, kTiers);
  fields.text("url", spec.url);
  check_url(fields, spec.url);
  const bool targeted = fields.find("target") != nullptr;
  read_target(fields, spec);
  read_hosts(fields, spec);
  read_application(fields, spec);
  read_health(fields, spec);
  fields.duration("drain", spec.rollout.drain, Duration(0), kDay);
  fields.duration("deadline", spec.rollout.deadline, Duration(1'000), 7 * kDay);
  read_traffic(fields, spec);
  read_strategy(fields, spec);
  read_analysis(fields, spec);
  fields.duration("bake", spec.rollout.bake, Duration(0), 7 * kDay);
  read_approvals(fields, spec);
  read_freeze(fields, zones, spec);
  read_queue(fields, spec);
  read_hooks(fields, spec);
  read_notify(fields, spec);
  fields.duration("auto_stop", spec.auto_stop, Duration(60'000), kYear);
  fields.number("keep", spec.keep_releases, 1, 1'000);
  for (std::string_view key : kOfRollouts) fields.find(key);
  spec.rollout.environment = spec.name;
  if (std::holds_alternative<CommandsTarget>(spec.target)) {
    for (std::string_view key : {"service", "user", "ssh_options"}) {
      if (fields.find(key) == nullptr) continue;
      report.error("conflicting-keywords", written.node->find_entry(key)->key->span(),
                   quoted(key) + " belongs to `target: hosts`");
    }
  }
  if (std::holds_alternative<HostsTarget>(spec.target) && fields.find("commands") != nullptr) {
    report.error("conflicting-keywords", written.node->find_entry("commands")->key->span(),
                 "`commands` belongs to `target: commands`");
  }
  fields.finish();
  if (!targeted && !report.is_misspelt(*written.node, "target")) refuse_without_target(fields);
  return spec;
}

}  // namespace penstock::environments
