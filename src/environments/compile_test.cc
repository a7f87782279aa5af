#include "environments/compile.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "environments/testing/fixed_zones.h"

namespace penstock {
namespace {

CompiledEnvironments compiled(const std::string& text) {
  FixedZones zones;
  return compile_environments(std::make_shared<const SourceFile>(SourceFile{std::string(kEnvironmentsPath), text}),
                              zones);
}

EnvironmentsFile good(const std::string& text) {
  CompiledEnvironments result = compiled(text);
  EXPECT_EQ(render(result.diagnostics, {}), "");
  return result.file.value_or(EnvironmentsFile{});
}

/// Names of all that was found.
std::vector<std::string> found(const std::string& text) {
  std::vector<std::string> names;
  for (const Diagnostic& diagnostic : compiled(text).diagnostics) names.push_back(diagnostic.name);
  return names;
}

const std::string kWeb = R"(
.web:
  target: hosts
  hosts: [web-1, {name: web-2, ports: 9000-9009}]
  application: {run: "./serve $PORT"}
  instances: 4
  ports: 8100-8109
  traffic: {haproxy: {listen: ":80"}}
)";

TEST(Environments, SmallestHostsEnvironmentHasTheDocumentedDefaults) {
  const EnvironmentsFile file =
      good("staging: {target: hosts, hosts: local, ports: 8100-8101, application: {run: ./serve}}");
  ASSERT_EQ(file.environments.size(), 1u);
  const EnvironmentSpec& spec = file.environments[0];
  EXPECT_EQ(spec.name, "staging");
  EXPECT_EQ(spec.tier, "staging");
  EXPECT_EQ(std::get<HostsTarget>(spec.target), HostsTarget{});
  EXPECT_EQ(spec.rollout.instances, 1);
  EXPECT_EQ(std::get<strategy::Rolling>(spec.rollout.strategy), strategy::Rolling{});
  EXPECT_FALSE(spec.rollout.steers_traffic);
  EXPECT_EQ(spec.rollout.hosts, (std::vector<HostSlots>{{"local", {8100, 8101}}}));
  EXPECT_EQ(spec.keep_releases, 5);
}

TEST(Environments, WhatIsAnalysedIsAnalysedWhileItBakesToo) {
  const EnvironmentsFile file = good(kWeb +
                                     "a: {extends: .web, bake: 1m}\nb: {extends: .web, hosts: web-3, ports: 9000, "
                                     "instances: 1, strategy: recreate, bake: 1m, analysis: {metrics: [errors]}}");
  EXPECT_FALSE(file.environments.at(0).rollout.analyse_bake);
  EXPECT_TRUE(file.environments.at(1).rollout.analyse_bake);
}

TEST(Environments, HeadersAndVariablesAreTakenAsTheyAreWritten) {
  const EnvironmentsFile file = good(
      "web: {target: hosts, hosts: local, ports: 8100-8101, application: {run: ./serve, variables: {V: 1.10, W: no}},\n"
      "      health: {http: {path: /, expect_header: {X-Ready: yes}}}}");
  const EnvironmentSpec& spec = file.environments.at(0);
  EXPECT_EQ(std::get<Probe::Http>(spec.readiness.what).expect_header.second, "yes");
  EXPECT_EQ(spec.application.variables, (std::vector<std::pair<std::string, std::string>>{{"V", "1.10"}, {"W", "no"}}));
}

TEST(Environments, AMisspeltKeyIsNotMissingToo) {
  const std::string rest = ", ports: 8100-8101";
  const std::vector<std::string> texts = {
      "web: {target: hosts, hosts: local, aplication: {run: ./serve}" + rest + "}",
      "web: {target: hosts, hots: local, application: {run: ./serve}" + rest + "}",
      "web: {target: hosts, hosts: local, prots: 8100, application: {run: ./serve}}",
      "web: {target: hosts, hosts: local, application: {runn: ./serve}" + rest + "}",
      "web: {target: commands, commands: {strat: ./start, stop: ./stop, check: ./check}}",
      "web: {target: hosts, hosts: local, application: {run: ./serve}, notify: [{ulr: x}]" + rest + "}"};
  for (const std::string& text : texts) EXPECT_EQ(found(text), std::vector<std::string>{"unknown-keyword"}) << text;
}

TEST(Environments, WhatIsEmptyIsAMistake) {
  const std::string web = "web: {target: hosts, hosts: local, ports: 8100-8101, ";
  const std::string application = web + "application: {run: ./serve}, ";
  using Names = std::vector<std::string>;
  for (const char* rest : {"strategy: {}", "strategy: {canary: {steps: [{}]}}", "analysis: {}", "url: ' '",
                           "traffic: {}", "health: {liveness: {}}", "freeze: [{cron: '', for: 1h}]",
                           "hooks: {before: ''}", "approvals: {from: ['']}", "notify: [{}]"})
    EXPECT_EQ(found(application + rest + "}"), Names{"missing-value"}) << rest;
  EXPECT_EQ(found(web + "application: {run: ''}}"), Names{"missing-value"});
  EXPECT_EQ(found(web + "application: {run: ./serve, secrets: ''}}"), Names{"missing-value"});
  EXPECT_EQ(found(kWeb + "a: {extends: .web, analysis: {metrics: [{}]}}"), Names{"missing-value"});
}

TEST(Environments, WrongValuesAreToldOnce) {
  const std::string web = "web: {target: hosts, hosts: local, ports: 8100-8101, application: {run: ./serve}, ";
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"url: app.example", "invalid-address"},
      {"keep: 1000000000000000000000", "out-of-range"},
      {"keep: 2.5", "out-of-range"},
      {"keep: many", "wrong-type"},
      {"traffic: 1, analysis: {metrics: [errors]}", "wrong-type"},
      {"tarffic: {}, analysis: {metrics: [errors]}", "unknown-keyword"},
      {"traffic: {haproxy: {host: a b, listen: ':80'}}", "invalid-name"},
      {"health: {http: {expect_header: x}}", "wrong-type"},
      {"health: {liveness: {tpc: true}}", "unknown-keyword"},
      {"strategy: {canary: {steps: [{analysis: 1m}]}}, aanlysis: {metrics: [errors]}", "unknown-keyword"}};
  for (const auto& [rest, name] : mistakes) EXPECT_EQ(found(web + rest + "}"), std::vector<std::string>{name}) << rest;
  EXPECT_EQ(found("web: {traget: hosts, hosts: local}"), std::vector<std::string>{"unknown-keyword"});
}

TEST(Environments, InheritKeyByKeyAndHideTemplates) {
  const EnvironmentsFile file = good(kWeb + R"(
production:
  extends: .web
  application: {variables: {MODE: production, WORKERS: 4}}
)");
  ASSERT_EQ(file.environments.size(), 1u);
  const EnvironmentSpec& spec = file.environments[0];
  EXPECT_EQ(spec.application.run, "./serve $PORT");
  EXPECT_EQ(spec.application.variables[1], (std::pair<std::string, std::string>("WORKERS", "4")));
  EXPECT_EQ(spec.rollout.hosts[0].ports.size(), 10u);
  EXPECT_EQ(spec.rollout.hosts[1].ports[0], 9000);
  EXPECT_TRUE(spec.rollout.steers_traffic);
}

TEST(Environments, AnotherStrategyReplacesTheInheritedOne) {
  const EnvironmentsFile file = good(kWeb + R"(
.rolling: {extends: .web, strategy: {rolling: {max_surge: 2}}}
production: {extends: .rolling, strategy: {canary: {steps: [{weight: 5, pause: 1m}, {pause: person}]}}}
)");
  const auto& canary = std::get<strategy::Canary>(file.environments[0].rollout.strategy);
  ASSERT_EQ(canary.steps.size(), 3u);
  EXPECT_EQ(std::get<strategy::CanaryStep::Pause>(canary.steps[1].what).time, std::chrono::minutes(1));
  EXPECT_FALSE(std::get<strategy::CanaryStep::Pause>(canary.steps[2].what).time);
}

TEST(Environments, NullTakesAwayWhatIsInherited) {
  const EnvironmentsFile file = good(kWeb + "production: {extends: .web, traffic: null}\n");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(file.environments[0].traffic));
}

TEST(Environments, WithoutTargetAreOnlyDescribed) {
  const EnvironmentsFile file = good("review/*: {url: https://example.org, auto_stop: 7d}\n");
  const std::optional<EnvironmentSpec> review = find_environment(file, "review/cart");
  ASSERT_TRUE(review.has_value());
  EXPECT_EQ(review->name, "review/cart");
  EXPECT_EQ(review->auto_stop, std::chrono::hours(7 * 24));
  EXPECT_FALSE(find_environment(file, "production").has_value());
}

TEST(Environments, MistakesAreToldAllAtOnceWithSuggestions) {
  const CompiledEnvironments result = compiled(R"(
staging:
  target: hosts
  hosts: [web-1]
  ports: 8100-8101
  aplication: {run: ./serve}
  health: {http: {pth: /healthz}, every: soon}
  strategy: roling
)");
  EXPECT_FALSE(result.file.has_value());
  const std::string shown = render(result.diagnostics, {});
  for (const char* part : {"did you mean `application`?", "did you mean `path`?", "`every` is no length of time",
                           "did you mean `rolling`?", ".ci/environments.yml:6:3: error"}) {
    EXPECT_NE(shown.find(part), std::string::npos) << part << "\n" << shown;
  }
}

TEST(Environments, RefuseWhatCannotWorkTogether) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(found(kWeb + "a: {extends: .web, strategy: {rolling: {max_surge: 0}}}"), Names{"impossible"});
  EXPECT_EQ(found(kWeb + "a: {extends: .web, strategy: {canary: {steps: [{weight: 20}, {weight: 10}]}}}"),
            Names{"falling-weight"});
  EXPECT_EQ(found(kWeb + "a: {extends: .web, instances: 20}"), Names{"impossible"});
  EXPECT_EQ(found(kWeb + "a: {extends: .web}\nb: {extends: .web}"), Names{"shared-port"});
  EXPECT_EQ(found(kWeb + "a: {extends: .web, traffic: null, strategy: {canary: {steps: [{header: {X: 1}}]}}}"),
            Names{"header-without-proxy"});
  EXPECT_EQ(found("a: {extends: b}\nb: {extends: a}"), (Names{"extends-cycle"}));
  EXPECT_EQ(found("a: {approvals: 1}"), Names{"missing-target"});
}

TEST(Environments, TakeAHaproxyThatRunsAlreadyByItsSocketAndBackend) {
  using Names = std::vector<std::string>;
  const std::string found_one = "a: {extends: .web, traffic: {haproxy: {listen: null, ";
  const EnvironmentsFile file =
      good(kWeb + found_one + "host: web-1, socket: /run/haproxy/admin.sock, backend: app}}}");
  const auto& haproxy = std::get<HaproxySpec>(file.environments[0].traffic);
  EXPECT_EQ(haproxy.socket, "/run/haproxy/admin.sock");
  EXPECT_EQ(haproxy.backend, "app");
  EXPECT_EQ(found(kWeb + found_one + "socket: /s}}}"), Names{"missing-value"});
  EXPECT_EQ(found(kWeb + found_one + "backend: app}}}"), Names{"missing-value"});
  EXPECT_EQ(found(kWeb + found_one + "socket: s, backend: app}}}"), Names{"invalid-path"});
  EXPECT_EQ(found(kWeb + found_one + "socket: /s, backend: a/b}}}"), Names{"invalid-name"});
  EXPECT_EQ(found(kWeb + "a: {extends: .web, traffic: {haproxy: {socket: /s, backend: app}}}"),
            Names{"conflicting-keywords"});
  EXPECT_EQ(found(kWeb + found_one + "socket: /s, backend: b}}, strategy: {canary: {steps: [{header: {X: 1}}]}}}"),
            Names{"header-without-proxy"});
}

TEST(Environments, HaveFoldersOfTheirOwn) {
  using Names = std::vector<std::string>;
  const std::string base = ".s: {target: commands, commands: {start: a, stop: b, check: c}, folder: /srv/one}\n";
  EXPECT_EQ(found(base + "a: {extends: .s}\nb: {extends: .s}"), Names{"shared-folder"});
  EXPECT_EQ(found(base + "a: {extends: .s}\nb: {extends: .s, folder: null}"), Names{});
  EXPECT_EQ(found(base + "review/*: {extends: .s}"), Names{"shared-folder"});
  const EnvironmentsFile file = good(base + "review/*: {extends: .s, folder: /srv/review/*}");
  const std::optional<EnvironmentSpec> cart = find_environment(file, "review/cart");
  EXPECT_TRUE(std::get<CommandsTarget>(cart->target).folder.starts_with("/srv/review/review-cart"));
}

TEST(Environments, TheManualsExampleCompiles) {
  std::ostringstream text;
  text << std::ifstream("docs/environments.md").rdbuf();
  const std::string page = text.str();
  const std::string fence = "```yaml\n";
  const size_t begin = page.find(fence) + fence.size();
  const EnvironmentsFile file = good(page.substr(begin, page.find("```", begin) - begin));
  EXPECT_EQ(file.environments.size(), 2u);
}

TEST(Environments, FreezeWindowsAreReadInTheirZone) {
  const EnvironmentsFile file = good(kWeb + R"(
a:
  extends: .web
  freeze:
    - {name: weekend, cron: "0 17 * * fri", for: 63h, zone: Europe/Berlin}
    - {name: holidays, from: 2026-12-24, until: 2026-12-27 08:30, zone: Europe/Berlin}
    - {from: 2026-12-31T22:00:00+02:00}
)");
  const std::vector<FreezeWindow>& freezes = file.environments[0].freezes;
  EXPECT_EQ(freezes[0].length, std::chrono::hours(63));
  EXPECT_EQ(to_iso8601(*freezes[1].from), "2026-12-23T23:00:00Z");
  EXPECT_EQ(to_iso8601(*freezes[1].to), "2026-12-27T07:30:00Z");
  EXPECT_EQ(to_iso8601(*freezes[2].from), "2026-12-31T20:00:00Z");
  EXPECT_EQ(freezes[2].name, "freeze 3");
}

TEST(Environments, AFreezeIsCheckedToTheWord) {
  const std::string shown = render(
      compiled(kWeb + "a: {extends: .web, freeze: [{cron: 0 17 * * fry, for: 1h, zone: Europe/Berln}]}").diagnostics,
      {});
  EXPECT_NE(shown.find("`fry` is no day of the week"), std::string::npos) << shown;
  EXPECT_NE(shown.find("did you mean `Europe/Berlin`?"), std::string::npos) << shown;
}

}  // namespace
}  // namespace penstock
