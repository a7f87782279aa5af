#include "cli/run_context.h"

#include <gtest/gtest.h>

#include "os/files.h"
#include "secrets/sealer.h"

namespace penstock {
namespace {

RunContext some_context() {
  RunContext context;
  context.environment = {{"PATH", "/bin"}, {"SSH_AUTH_SOCK", "/run/old"}, {"ODD", "\xff\xfe"}};
  context.secrets = {{"TOKEN", std::string("s3cr3t\0x", 8)}};
  context.strict = true;
  context.pause_on_failure = true;
  context.offline = true;
  context.changed = {"docs/a.md"};
  return context;
}

TEST(RunContextTest, SealedItHoldsNoSecretInClearAndOpensAsItWas) {
  const auto temp = std::move(os::TempFolder::make()).value();
  const Sealer sealer = std::move(Sealer::open(temp.path() / "key")).value();
  const std::string sealed = seal(some_context(), sealer);
  EXPECT_EQ(sealed.find("s3cr3t"), std::string::npos);
  const auto opened = unseal_context(sealed, sealer);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(*opened, some_context());
}

TEST(RunContextTest, ADamagedOneIsRefusedWithWhatToDo) {
  const auto temp = std::move(os::TempFolder::make()).value();
  const Sealer sealer = std::move(Sealer::open(temp.path() / "key")).value();
  std::string sealed = seal(some_context(), sealer);
  sealed[sealed.size() / 2] = static_cast<char>(sealed[sealed.size() / 2] ^ 1);
  EXPECT_FALSE(unseal_context(sealed, sealer).ok());
  const Sealer other = std::move(Sealer::open(temp.path() / "other")).value();
  EXPECT_FALSE(unseal_context(seal(some_context(), sealer), other).ok());
}

TEST(RunContextTest, AgentSocketsAreThoseOfTheShellThatResumes) {
  RunContext context = some_context();
  refresh_agent_sockets(context, {{"SSH_AUTH_SOCK", "/run/new"}, {"PATH", "/elsewhere"}});
  EXPECT_EQ(context.environment.at("SSH_AUTH_SOCK"), "/run/new");
  EXPECT_EQ(context.environment.at("PATH"), "/bin");
  refresh_agent_sockets(context, {});
  EXPECT_FALSE(context.environment.contains("SSH_AUTH_SOCK"));
}

}  // namespace
}  // namespace penstock
