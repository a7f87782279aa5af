#include <gtest/gtest.h>

#include "environments/compile.h"
#include "environments/json.h"
#include "environments/testing/fixed_zones.h"

namespace penstock {
namespace {

CompiledEnvironments compiled(const std::string& text) {
  FixedZones zones;
  return compile_environments(std::make_shared<const SourceFile>(SourceFile{std::string(kEnvironmentsPath), text}),
                              zones);
}

/// `3:18 what is wrong` of each mistake.
std::vector<std::string> mistakes(const std::string& text) {
  std::vector<std::string> lines;
  for (const Diagnostic& found : compiled(text).diagnostics) {
    lines.push_back(std::to_string(found.span.line) + ":" + std::to_string(found.span.column) + " " + found.message);
  }
  return lines;
}

const std::string kShop = R"(
production:
  tier: production
  target: commands
  commands: {start: ./start, stop: ./stop, check: ./check}
  folder: /srv/shop
  approvals: 1
  services:
    web: {after: api, instances: 2}
    api: {after: [accounts, stock], folder: /srv/api}
    accounts: {application: {artifact: accounts}}
    stock: {}
)";

TEST(Services, AreEnvironmentsOfTheirOwnThatShareWhatTheirsSays) {
  const CompiledEnvironments result = compiled(kShop);
  EXPECT_EQ(render(result.diagnostics, {}), "");
  ASSERT_TRUE(result.file.has_value());
  const std::optional<EnvironmentSpec> whole = find_environment(*result.file, "production");
  ASSERT_TRUE(whole.has_value());
  EXPECT_TRUE(std::holds_alternative<std::monostate>(whole->target));
  std::vector<std::string> order;
  for (const ServiceSpec& service : whole->services) order.push_back(service.name);
  EXPECT_EQ(order, (std::vector<std::string>{"accounts", "stock", "api", "web"})) << "each after those that it needs";
  const std::optional<EnvironmentSpec> web = find_environment(*result.file, "production/web");
  ASSERT_TRUE(web.has_value());
  EXPECT_EQ(web->rollout.instances, 2);
  EXPECT_EQ(web->approvals.required, 1);
  EXPECT_EQ(web->tier, "production");
  EXPECT_EQ(std::get<CommandsTarget>(web->target).folder, "/srv/shop/web") << "no two share a journal";
  const std::optional<EnvironmentSpec> api = find_environment(*result.file, "production/api");
  EXPECT_EQ(std::get<CommandsTarget>(api->target).folder, "/srv/api");
  std::vector<std::string> places;
  for (const EnvironmentSpec& place : places_of(*result.file, *whole)) places.push_back(place.name);
  EXPECT_EQ(places,
            (std::vector<std::string>{"production/accounts", "production/stock", "production/api", "production/web"}));
  EXPECT_EQ(places_of(*result.file, *web).front().name, "production/web") << "of one that has no services: itself";
  const Result<EnvironmentSpec> again = environment_from_json(to_json(*whole));
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->services, whole->services);
}

TEST(Services, CanBeInheritedAndTakenAway) {
  const CompiledEnvironments result = compiled(kShop + R"(
staging:
  extends: production
  folder: /srv/staging
  services: {api: {folder: null, after: stock}, accounts: null}
)");
  EXPECT_EQ(render(result.diagnostics, {}), "");
  ASSERT_TRUE(result.file.has_value());
  EXPECT_EQ(find_environment(*result.file, "staging")->services.size(), 3u);
  EXPECT_FALSE(find_environment(*result.file, "staging/accounts").has_value());
  EXPECT_EQ(find_environment(*result.file, "staging/api")->name, "staging/api");
}

TEST(Services, MistakesAreToldWhereTheyStand) {
  const std::string base = "p:\n  target: commands\n  commands: {start: a, stop: b, check: c}\n  services:\n";
  using Lines = std::vector<std::string>;
  EXPECT_EQ(mistakes(base + "    web: {after: apj}\n    api: {}\n"),
            Lines{"5:18 service `web` comes after `apj`, which is none of the services"});
  EXPECT_EQ(mistakes(base + "    web: {after: web}\n"), Lines{"5:18 service `web` comes after `web`, itself"});
  EXPECT_EQ(mistakes(base + "    web: {after: api}\n    api: {after: web}\n"),
            Lines{"4:3 these services wait for each other: `web`, `api`"});
  EXPECT_EQ(mistakes(base + "    a/b: {}\n"), Lines{"5:5 `a/b` can't be the name of a service"});
  EXPECT_EQ(mistakes(base + "    web: 3\n"), Lines{"5:10 service `web` must be a mapping, not a number"});
  EXPECT_EQ(mistakes("p: {services: []}\n"),
            Lines{"1:15 `services` must be a mapping of names to what differs, not a list"});
  EXPECT_EQ(mistakes("'r/*': {target: commands, commands: {start: a, stop: b, check: c}, services: {web: {}}}\n"),
            Lines{"1:68 a pattern can't have `services`"});
  EXPECT_EQ(mistakes(base + "    web: {instnces: 3}\n    api: {}\n").size(), 1u) << "told once";
  EXPECT_EQ(mistakes("p/web: {}\n" + base + "    web: {}\n"), Lines{"6:5 environment `p/web` is declared twice"});
}

}  // namespace
}  // namespace penstock
