#include <CLI/CLI.hpp>

#include "cli/declare.h"

namespace penstock {
namespace {

using Verb = EnvArguments::Verb;

CLI::App& add_verb(CLI::App& app, EnvArguments& env, Verb verb, const char* name, const char* summary) {
  CLI::App* sub = app.add_subcommand(name, summary);
  sub->callback([&env, verb] { env.verb = verb; });
  return *sub;
}

void add_name(CLI::App& sub, EnvArguments& env) {
  sub.add_option("environment", env.name, "The environment's name")->required()->type_name("ENVIRONMENT");
}

void add_limit(CLI::App& sub, int& limit, const char* what) {
  sub.add_option("-n,--limit", limit, what)->type_name("N")->check(from_one);
}

}  // namespace

void declare_env(CLI::App& app, Arguments& arguments) {
  auto& env = arguments.command.emplace<EnvArguments>();
  app.add_flag("--json", env.json, "As JSON");
  CLI::App& list = add_verb(app, env, Verb::list, "ls", "List all environments (the same as `ci env`)");
  list.add_flag("--json", env.json, "As JSON");
  CLI::App& show = add_verb(app, env, Verb::show, "show", "All about one environment");
  add_name(show, env);
  show.add_flag("--json", env.json, "As JSON");
  CLI::App& history = add_verb(app, env, Verb::history, "history", "What happened to it, newest first");
  add_name(history, env);
  add_limit(history, env.limit, "At most this many (default 20)");
  history.add_flag("--json", env.json, "As JSON");
  CLI::App& diff = add_verb(app, env, Verb::diff, "diff", "List the commits between two environments or releases");
  diff.add_option("name", env.name, "An environment, a release or a commit")->required()->type_name("NAME");
  diff.add_option("other", env.other, "What it is compared with (default: what is committed here)")->type_name("NAME");
  add_limit(diff, env.limit, "At most this many commits of each (default 20)");
  diff.add_flag("--json", env.json, "As JSON");
  add_name(add_verb(app, env, Verb::setup, "setup", "Prepare its hosts and its proxy; harmless when repeated"), env);
  CLI::App& exec = add_verb(app, env, Verb::exec, "exec", "Run a command beside an instance, with its facts");
  add_name(exec, env);
  exec.add_option("-i,--instance", env.instance, "HOST:PORT, a host, a port or all (default: the first)")
      ->type_name("INSTANCE");
  exec.add_option("command", env.words, "The command, after `--`")->required()->type_name("COMMAND");
  CLI::App& logs = add_verb(app, env, Verb::logs, "logs", "Show what its instances print");
  add_name(logs, env);
  logs.add_option("-i,--instance", env.instance, "HOST:PORT, a host or a port (default: all)")->type_name("INSTANCE");
  add_limit(logs, env.limit, "The last lines of each (default 20)");
  logs.add_flag("-f,--follow", env.follow, "Go on as they come");
  CLI::App& refresh = add_verb(app, env, Verb::refresh, "refresh", "Ask where they live what happened to them");
  refresh.add_option("environment", env.name, "Only this one (default: all)")->type_name("ENVIRONMENT");
  add_name(add_verb(app, env, Verb::open, "open", "Open its address in a browser"), env);
}

}  // namespace penstock
