#include <CLI/CLI.hpp>

#include "cli/declare.h"

namespace penstock {
namespace {

void add_environment(CLI::App& app, std::string& environment) {
  app.add_option("environment", environment, "As .ci/environments.yml names it")->required()->type_name("ENVIRONMENT");
}

}  // namespace

void declare_deploy(CLI::App& app, Arguments& arguments) {
  auto& deploy = arguments.command.emplace<DeployArguments>();
  add_environment(app, deploy.environment);
  auto* release = app.add_option("release", deploy.release,
                                 "An id, a name, a version, or an environment: what is live there (default: what the "
                                 "newest run built)")
                      ->type_name("RELEASE");
  auto* run =
      app.add_option("--run", deploy.run, "What this run built")->check(from_one)->type_name("RUN")->excludes(release);
  app.add_option("--from", deploy.from, "What lies in these files and folders (in a job of another CI system: dist)")
      ->type_name("PATH")
      ->allow_extra_args(false)
      ->excludes(release)
      ->excludes(run);
  app.add_option("-m,--message", deploy.message, "Why; kept with the deployment")->type_name("TEXT");
  app.add_option("--override-freeze", deploy.override_freeze, "Deploy although it is frozen; the reason is kept")
      ->type_name("REASON");
  app.add_flag("--force", deploy.force, "Deploy although a newer commit is live");
  app.add_flag("--detach", deploy.detach, "End when it is promoted; `ci watch` watches the bake time");
  app.add_flag("--no-wait", deploy.no_wait, "Don't wait for a freeze or another rollout to end: `ci watch` goes on");
}

void declare_rollback(CLI::App& app, Arguments& arguments) {
  auto& rollback = arguments.command.emplace<DeployArguments>();
  rollback.rollback = true;
  add_environment(app, rollback.environment);
  app.add_option("--to", rollback.release, "The release (default: what was live before)")->type_name("RELEASE");
  app.add_option("-m,--message", rollback.message, "Why; kept with the deployment")->type_name("TEXT");
}

void declare_unpin(CLI::App& app, Arguments& arguments) {
  auto& unpin = arguments.command.emplace<UnpinArguments>();
  add_environment(app, unpin.environment);
  app.add_option("-m,--message", unpin.message, "Why; kept in the environment's journal")->type_name("TEXT");
}

void declare_rollout(CLI::App& app, Arguments& arguments) {
  using Verb = RolloutArguments::Verb;
  auto& rollout = arguments.command.emplace<RolloutArguments>();
  struct Word {
    const char* name;
    const char* summary;
    Verb verb;
  };
  constexpr Word kWords[] = {
      {"list", "List rollouts, newest first", Verb::list},
      {"status", "Show how it stands, and its story", Verb::status},
      {"pause", "Hold it where it is", Verb::pause},
      {"continue", "Let it go on", Verb::go_on},
      {"promote", "Skip the steps that are left", Verb::promote},
      {"abort", "Take it back", Verb::abort},
  };
  for (const Word& word : kWords) {
    CLI::App* sub = app.add_subcommand(word.name, word.summary);
    sub->callback([&rollout, verb = word.verb] { rollout.verb = verb; });
    sub->add_option("name", rollout.name, "An environment or a rollout's number (default: the one under way)")
        ->type_name("NAME");
    if (word.verb == Verb::list) {
      sub->add_option("-n", rollout.limit, "How many")->check(from_one)->type_name("COUNT");
    }
    if (word.verb == Verb::list || word.verb == Verb::status) {
      sub->add_flag("--json", rollout.json, "As JSON");
    } else {
      sub->add_option("-m,--message", rollout.message, "Why; kept with the rollout")->type_name("TEXT");
    }
  }
  app.require_subcommand(0, 1);
}

void declare_releases(CLI::App& app, Arguments& arguments) {
  auto& releases = arguments.command.emplace<ReleasesArguments>();
  app.add_option("-n", releases.limit, "How many")->check(from_one)->type_name("COUNT");
  app.add_flag("--json", releases.json, "As JSON");
  CLI::App& show = *app.add_subcommand("show", "Show one, and its way from the commit to where it is live");
  show.add_option("release", releases.release, "An id, a name, a version, or an environment: what is live there")
      ->required()
      ->type_name("RELEASE");
  show.add_flag("--json", releases.json, "As JSON");
  app.require_subcommand(0, 1);
}

}  // namespace penstock
