#include "cli/declare.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>

namespace penstock {
namespace {

GateArguments& declare_gate(CLI::App& app, Arguments& arguments) {
  auto& gate = arguments.command.emplace<GateArguments>();
  app.add_option("name", gate.name, "An environment, else a stage, else a job")->required()->type_name("NAME");
  add_run(app, gate.run);
  app.add_option("-m,--message", gate.message, "Why; kept with the run")->type_name("TEXT");
  app.add_flag("--detach", gate.detach, "Only record it: `ci watch` or `ci resume` goes on");
  add_slots(app, gate.slots);
  return gate;
}

}  // namespace

void declare_run(CLI::App& app, Arguments& arguments) {
  auto& run = arguments.command.emplace<RunArguments>();
  app.add_option("job", run.jobs, "Only these jobs, and those that they need")->type_name("JOB");
  add_choice(app, run.choice);
  app.add_flag("--only", run.only, "The named jobs without those that they need");
  add_slots(app, run.slots);
  app.add_flag("--keep-going", run.keep_going, "A failure stops only the jobs that need the failed one");
  app.add_flag("--pause-on-failure", run.pause_on_failure,
               "Keep a failed job's room open until you have looked around");
  app.add_flag("--strict", run.strict, "Fail jobs that name an image instead of running them in the sandbox");
  app.add_option_function<std::string>(
         "--network", [&run](const std::string& mode) { run.no_network = mode == "none"; },
         "`none`: jobs see only their own loopback")
      ->check(CLI::IsMember({"none", "host"}))
      ->type_name("none|host");
  app.add_option("--pass", run.pass, "Hand this variable of your environment to the jobs")
      ->type_name("NAME")
      ->allow_extra_args(false);
}

void declare_plan(CLI::App& app, Arguments& arguments) {
  auto& plan = arguments.command.emplace<PlanArguments>();
  app.add_option("job", plan.jobs, "Only these jobs, and those that they need")->type_name("JOB");
  add_choice(app, plan.choice);
  auto* json = app.add_flag_callback(
      "--json", [&plan] { plan.form = PlanArguments::Form::json; }, "As JSON (docs/cli.md)");
  app.add_flag_callback(
         "--dot", [&plan] { plan.form = PlanArguments::Form::dot; }, "As a Graphviz graph")
      ->excludes(json);
  app.add_flag("--matrix-of-events", plan.events, "Which jobs run on which event, and how")
      ->excludes("--event", "--dot", "job");
  app.add_flag("--includes", plan.includes, "Which files are included, by whom, and where they come from")
      ->excludes("--matrix-of-events", "--dot", "job");
}

void declare_lint(CLI::App& app, Arguments& arguments) {
  auto& lint = arguments.command.emplace<LintArguments>();
  add_choice(app, lint.choice);
  const std::vector<std::string> formats(std::begin(kLintFormats), std::end(kLintFormats));
  const auto take_format = [&lint, formats](const std::string& word) {
    lint.format = static_cast<LintFormat>(std::find(formats.begin(), formats.end(), word) - formats.begin());
  };
  app.add_option_function<std::string>("--format", take_format, "What reads it (gitlab: code quality)")
      ->check(CLI::IsMember(formats))
      ->type_name("FORMAT");
  app.add_flag_callback(
      "--json", [&lint] { lint.format = LintFormat::json; }, "The same as --format json");
  app.add_option("--ignore", lint.ignored, "Don't tell of these warnings (docs/lint/README.md)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  app.add_flag("--strict", lint.strict, "A warning is a mistake: exit status 2");
  app.add_flag_callback(
      "--fix", [&lint] { lint.fix = lint.choice.worktree = true; },
      "Mend slips (`did you mean …?`) in the work tree's files, then look at these");
}

void declare_lock(CLI::App& app, Arguments& arguments) {
  auto& lock = arguments.command.emplace<LockArguments>();
  auto* check = app.add_flag_callback(
      "--check", [&lock] { lock.verb = LockArguments::Verb::check; },
      "Write nothing: end with 2 unless the lock is what the pipelines take");
  app.add_option_function<std::vector<std::string>>(
         "--update",
         [&lock](const std::vector<std::string>& names) {
           lock.verb = LockArguments::Verb::update;
           lock.names = names;
           std::erase(lock.names, "");
         },
         "Take what is there now, of all or of what is named, and show what changed")
      ->type_name("NAME")
      ->expected(0, -1)
      ->excludes(check);
  add_choice(app, lock.choice);
}

void declare_approve(CLI::App& app, Arguments& arguments) { declare_gate(app, arguments); }

void declare_reject(CLI::App& app, Arguments& arguments) { declare_gate(app, arguments).reject = true; }

void declare_cancel(CLI::App& app, Arguments& arguments) {
  auto& cancel = arguments.command.emplace<CancelArguments>();
  app.add_option("job", cancel.job, "Only this job (default: the whole run)")->type_name("JOB");
  add_run(app, cancel.run);
}

void declare_retry(CLI::App& app, Arguments& arguments) {
  auto& retry = arguments.command.emplace<RetryArguments>();
  app.add_option("job", retry.job, "Only this job (default: all that failed or were canceled)")->type_name("JOB");
  add_run(app, retry.run);
  add_slots(app, retry.slots);
}

void declare_resume(CLI::App& app, Arguments& arguments) {
  auto& resume = arguments.command.emplace<ResumeArguments>();
  app.add_option("run", resume.run, "The run's number (default: the newest that can go on)")
      ->type_name("RUN")
      ->check(from_one);
  add_slots(app, resume.slots);
}

void declare_watch(CLI::App& app, Arguments& arguments) {
  auto& watch = arguments.command.emplace<WatchArguments>();
  auto* once = app.add_flag("--once", watch.once, "Drive what is due now, then end");
  app.add_flag("--stay", watch.stay, "Go on where nothing is due, as a service does")->excludes(once);
  app.add_flag("--print-unit", watch.print_unit, "Print a systemd user unit that watches this repository");
  add_slots(app, watch.slots);
}

}  // namespace penstock
