#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

#include "base/suggest.h"
#include "cli/version.h"

namespace penstock {
namespace {

/// Declares a command's options, bound to its struct inside `arguments`, which stays where it is.
using Declare = void (*)(CLI::App& app, Arguments& arguments);

struct Command {
  const char* name;
  const char* summary;
  const char* example;
  Declare declare;
};

CLI::Option* add_run(CLI::App& app, int64_t& run) {
  return app.add_option("--run", run, "The run's number (default: the newest that fits)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
}

void add_slots(CLI::App& app, int& slots) {
  app.add_option("-j,--jobs", slots, "How many jobs run at once (default: one a core)")
      ->type_name("N")
      ->check(CLI::Range(1, 4096));
}

void add_choice(CLI::App& app, PipelineChoice& choice) {
  app.add_option("-p,--pipeline", choice.pipeline, "Pipeline by name (.ci/NAME.yml) or by path")->type_name("NAME");
  app.add_option_function<std::vector<std::string>>(
         "-e,--env",
         [&choice](const std::vector<std::string>& words) {
           for (const std::string& word : words) {
             const size_t equals = word.find('=');
             if (equals == std::string::npos || equals == 0)
               throw CLI::ValidationError("-e", "takes KEY=VALUE, not `" + word + "`");
             choice.variables.emplace_back(word.substr(0, equals), word.substr(equals + 1));
           }
         },
         "A pipeline variable; may be given again")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--secret", choice.secrets,
                 "A masked variable: from FILE, else from `ci secrets`, else from the environment")
      ->type_name("KEY[=FILE]")
      ->allow_extra_args(false);
  app.add_flag("--worktree", choice.worktree, "Include what isn't committed, and new files that aren't ignored");
}

void declare_run(CLI::App& app, Arguments& arguments) {
  auto& run = arguments.command.emplace<RunArguments>();
  app.add_option("jobs", run.jobs, "Only these jobs, and those that they need")->type_name("JOB");
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
  app.add_option("jobs", plan.jobs, "Only these jobs, and those that they need")->type_name("JOB");
  add_choice(app, plan.choice);
  auto* json = app.add_flag_callback(
      "--json", [&plan] { plan.form = PlanArguments::Form::json; }, "As JSON (docs/cli.md)");
  app.add_flag_callback(
         "--dot", [&plan] { plan.form = PlanArguments::Form::dot; }, "As a Graphviz graph")
      ->excludes(json);
}

void declare_lint(CLI::App& app, Arguments& arguments) {
  auto& lint = arguments.command.emplace<LintArguments>();
  add_choice(app, lint.choice);
  app.add_flag("--json", lint.json, "As JSON");
}

template <class T>
T& declare_job(CLI::App& app, Arguments& arguments, bool json) {
  auto& job = arguments.command.emplace<T>();
  app.add_option("job", job.job, "The job's name")->required()->type_name("JOB");
  add_run(app, job.run);
  if (json) app.add_flag("--json", job.json, "As JSON");
  return job;
}

void declare_why(CLI::App& app, Arguments& arguments) { declare_job<WhyArguments>(app, arguments, true); }
void declare_shell(CLI::App& app, Arguments& arguments) { declare_job<ShellArguments>(app, arguments, false); }
void declare_log(CLI::App& app, Arguments& arguments) {
  auto& log = declare_job<LogArguments>(app, arguments, false);
  app.add_flag("-f,--follow", log.follow, "Go on as the job prints");
  app.add_option("--attempt", log.attempt, "Of a job that was retried: this attempt (default: the last)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
}

void declare_list(CLI::App& app, Arguments& arguments) {
  auto& list = arguments.command.emplace<ListArguments>();
  app.add_option("-n,--limit", list.limit, "At most this many (default 20)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  app.add_flag("--json", list.json, "As JSON");
}

void declare_show(CLI::App& app, Arguments& arguments) {
  auto& show = arguments.command.emplace<ShowArguments>();
  app.add_option("run", show.run, "The run's number (default: the newest)")
      ->type_name("RUN")
      ->check(CLI::PositiveNumber);
  app.add_flag("--json", show.json, "As JSON");
}

GateArguments& declare_gate(CLI::App& app, Arguments& arguments) {
  auto& gate = arguments.command.emplace<GateArguments>();
  app.add_option("name", gate.name, "An environment, else a stage, else a job")->required()->type_name("NAME");
  add_run(app, gate.run);
  app.add_option("-m,--message", gate.message, "Why; kept with the run")->type_name("TEXT");
  app.add_flag("--detach", gate.detach, "Only record it: `ci watch` or `ci resume` goes on");
  add_slots(app, gate.slots);
  return gate;
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
      ->check(CLI::PositiveNumber);
  add_slots(app, resume.slots);
}

void declare_watch(CLI::App& app, Arguments& arguments) {
  auto& watch = arguments.command.emplace<WatchArguments>();
  app.add_flag("--once", watch.once, "Drive what is due now, then end");
  add_slots(app, watch.slots);
}

void declare_artifacts(CLI::App& app, Arguments& arguments) {
  auto& artifacts = arguments.command.emplace<ArtifactsArguments>();
  auto* list = app.add_subcommand("ls", "List what the jobs of a run left");
  list->add_option("job", artifacts.job, "Only of this job")->type_name("JOB");
  add_run(*list, artifacts.run);
  list->add_flag("--json", artifacts.json, "As JSON");
  auto* get = app.add_subcommand("get", "Write a job's artifacts into a folder");
  get->add_option("job", artifacts.job, "The job's name")->required()->type_name("JOB");
  get->add_option("-o,--output", artifacts.path, "The folder (default: here)")->type_name("FOLDER");
  add_run(*get, artifacts.run);
  get->callback([&artifacts] { artifacts.verb = ArtifactsArguments::Verb::get; });
}

void declare_tests(CLI::App& app, Arguments& arguments) {
  auto& tests = arguments.command.emplace<TestsArguments>();
  app.add_option("run", tests.run, "The run's number (default: the newest)")
      ->type_name("RUN")
      ->check(CLI::PositiveNumber);
  app.add_flag("--json", tests.json, "As JSON");
}

void declare_secrets(CLI::App& app, Arguments& arguments) {
  auto& secrets = arguments.command.emplace<SecretsArguments>();
  auto* set = app.add_subcommand("set", "Keep a value, sealed; it is read from standard input or a file");
  set->add_option("name", secrets.name, "The variable's name")->required()->type_name("NAME");
  set->add_option("--file", secrets.file, "Read the value from here")->type_name("FILE");
  set->callback([&secrets] { secrets.verb = SecretsArguments::Verb::set; });
  auto* list = app.add_subcommand("list", "List their names");
  list->add_flag("--json", secrets.json, "As JSON");
  auto* remove = app.add_subcommand("rm", "Forget one");
  remove->add_option("name", secrets.name, "The variable's name")->required()->type_name("NAME");
  remove->callback([&secrets] { secrets.verb = SecretsArguments::Verb::remove; });
  app.require_subcommand(1);
}

void declare_doctor(CLI::App& app, Arguments& arguments) {
  app.add_flag("--json", arguments.command.emplace<DoctorArguments>().json, "As JSON");
}

void declare_clean(CLI::App& app, Arguments& arguments) {
  auto& clean = arguments.command.emplace<CleanArguments>();
  app.add_option("--limit", clean.limit, "Go on, oldest runs first, until no more than this is kept")
      ->type_name("SIZE");
  app.add_flag("--dry-run", clean.dry_run, "Only say what would be removed");
}

void declare_completion(CLI::App& app, Arguments& arguments) {
  app.add_option("shell", arguments.command.emplace<CompletionArguments>().shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("SHELL");
}

constexpr std::array kCommands = {
    Command{"run", "Run a pipeline of this repository", "ci run --pipeline release -j 4", declare_run},
    Command{"plan", "Show what a pipeline would run", "ci plan --json | jq '.jobs[].name'", declare_plan},
    Command{"lint", "Check a pipeline and report all its mistakes", "ci lint --pipeline release", declare_lint},
    Command{"list", "List runs, newest first", "ci list -n 5", declare_list},
    Command{"show", "Show a run: stages, jobs, what failed, what waits", "ci show 128", declare_show},
    Command{"why", "Say why a job ran, was left out, was skipped or waits", "ci why ship", declare_why},
    Command{"log", "Print a job's log", "ci log unit -f", declare_log},
    Command{"tests", "Show the tests that failed", "ci tests", declare_tests},
    Command{"artifacts", "List or get what jobs left", "ci artifacts get package -o dist", declare_artifacts},
    Command{"approve", "Open a gate: an environment, a stage or a manual job",
            "ci approve production -m \"smoke looks good\"", declare_approve},
    Command{"reject", "Refuse a gate", "ci reject production -m \"wait for Monday\"", declare_reject},
    Command{"play", "Open a manual job (the same as approve)", "ci play ship", declare_approve},
    Command{"cancel", "Cancel a run, or one job of it", "ci cancel", declare_cancel},
    Command{"retry", "Run failed jobs again", "ci retry unit", declare_retry},
    Command{"resume", "Go on with a run that was interrupted", "ci resume", declare_resume},
    Command{"watch", "Drive runs that become due", "ci watch", declare_watch},
    Command{"shell", "Open a shell in a job's room, as it was", "ci shell unit", declare_shell},
    Command{"secrets", "Keep secrets for the jobs, sealed", "ci secrets set DEPLOY_TOKEN < token.txt", declare_secrets},
    Command{"doctor", "Say what this machine offers and what it lacks", "ci doctor", declare_doctor},
    Command{"clean", "Remove what is no longer needed", "ci clean --limit 2GB", declare_clean},
    Command{"completion", "Print the completion script of a shell", "source <(ci completion bash)", declare_completion},
};

const Command* find_command(std::string_view name) {
  const auto* found =
      std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& c) { return c.name == name; });
  return found == kCommands.end() ? nullptr : found;
}

/// Where the command's name stands: the first word that is no option.
size_t command_position(const std::vector<std::string>& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "-C" || words[i] == "--color")
      ++i;
    else if (!words[i].starts_with("-"))
      return i;
  }
  return words.size();
}

void declare_globals(CLI::App& app, Arguments& arguments) {
  app.add_option("-C", arguments.folder, "As if started in this folder")->type_name("DIR");
  app.add_option_function<std::string>(
         "--color",
         [&arguments](const std::string& when) {
           arguments.color = when == "always"  ? ColorChoice::always
                             : when == "never" ? ColorChoice::never
                                               : ColorChoice::automatic;
         },
         "Colour: auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN");
}

std::optional<std::string> near_option(const CLI::App& app, const std::string& word) {
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  const std::vector<std::string_view> views(known.begin(), known.end());
  return did_you_mean(word.substr(0, word.find('=')), views);
}

Error unknown_command(const std::string& word) {
  Error error{Fault::user, "`" + word + "` is not a command of ci", "ci --help"};
  std::vector<std::string_view> names;
  for (const Command& known : kCommands) names.emplace_back(known.name);
  if (const auto near = did_you_mean(word, names)) error.help = "did you mean `" + *near + "`?";
  return error;
}

Error unknown_word(const CLI::App& app, const std::string& word) {
  Error error{Fault::user, app.get_name() + " takes no argument `" + word + "`", app.get_name() + " --help"};
  if (!word.starts_with("-")) return error;
  error.message = "`" + word + "` is not an option of " + app.get_name();
  if (const auto near = near_option(app, word)) error.help = "did you mean `" + *near + "`?";
  return error;
}

Error mistake_of(const CLI::App& app, const CLI::ParseError& failure) {
  if (dynamic_cast<const CLI::ExtrasError*>(&failure) != nullptr) {
    const std::vector<std::string> rest = app.remaining(true);
    if (!rest.empty()) return unknown_word(app, rest.front());
  }
  std::string message = failure.what();
  std::replace(message.begin(), message.end(), '\n', ' ');
  while (!message.empty() && (message.back() == '.' || message.back() == ' ')) message.pop_back();
  return {Fault::user, message, app.get_name() + " --help"};
}

/// The help of ci as a whole: all commands by name and summary.
std::string overview() {
  Arguments unused;
  CLI::App app("Penstock: carries a change from its commit to production", "ci");
  app.set_help_flag("-h,--help", "Print this help");
  bool version = false;
  app.add_flag("--version", version, "Print the version");
  declare_globals(app, unused);
  for (const Command& command : kCommands) app.add_subcommand(command.name, command.summary);
  app.footer(
      "Exit status: 0 passed or waiting at a gate, 1 failed, 2 a mistake in the pipeline or on the command line,\n"
      "3 the machine or Penstock could not do it.");
  return app.help();
}

/// Reads the words around the command's name. Each command is a parser of its own, so that jobs may be called like
/// commands.
Result<> parse_command(const Command& command, std::vector<std::string> words, Arguments& arguments) {
  CLI::App app(command.summary, "ci " + std::string(command.name));
  app.set_help_flag("-h,--help", "Print this help");
  app.footer("Example:\n  " + std::string(command.example));
  declare_globals(app, arguments);
  command.declare(app, arguments);
  try {
    std::reverse(words.begin(), words.end());
    app.parse(words);
  } catch (const CLI::CallForHelp&) {
    const CLI::App* asked = &app;
    while (!asked->get_subcommands().empty()) asked = asked->get_subcommands().front();
    arguments.command = PrintArguments{asked->help()};
  } catch (const CLI::ParseError& failure) {
    return mistake_of(app, failure);
  }
  return success();
}

}  // namespace

Result<Arguments> parse_arguments(const std::vector<std::string>& words) {
  Arguments arguments;
  std::vector<std::string> rest = words;
  const size_t position = command_position(words);
  if (position == words.size()) {
    for (const std::string& word : words) {
      if (word == "-C" || word == "--color") break;
      if (word != "-h" && word != "--help" && word != "--version") return unknown_command(word);
    }
    const bool version = std::find(words.begin(), words.end(), "--version") != words.end();
    arguments.command = PrintArguments{version ? "ci " + std::string(kVersion) + "\n" : overview()};
    return arguments;
  }
  const std::string name = words[position];
  if (name == "complete") {  // asked by the completion scripts, with the line so far
    arguments.command =
        CompletionArguments{"", {words.begin() + static_cast<std::ptrdiff_t>(position) + 1, words.end()}, true};
    return arguments;
  }
  const Command* command = find_command(name);
  if (command == nullptr) return unknown_command(name);
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(position));
  PENSTOCK_CHECK(parse_command(*command, std::move(rest), arguments));
  return arguments;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command& command : kCommands) names.emplace_back(command.name);
  return names;
}

std::vector<std::string> option_names(const std::string& command) {
  std::vector<std::string> names;
  Arguments arguments;
  CLI::App app;
  declare_globals(app, arguments);
  if (const Command* known = find_command(command)) known->declare(app, arguments);
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  return names;
}

}  // namespace penstock
