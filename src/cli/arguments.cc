#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <string_view>

#include "base/suggest.h"
#include "cli/declare.h"
#include "cli/version.h"

namespace penstock {
namespace {

struct Command {
  const char* name;
  const char* summary;
  const char* example;
  Declare declare;
};

constexpr std::array kCommands = {
    Command{"run", "Run a pipeline of this repository", "ci run --pipeline release -j 4", declare_run},
    Command{"plan", "Show what a pipeline would run", "ci plan --json | jq '.jobs[].name'", declare_plan},
    Command{"lint", "Check a pipeline and report all its mistakes", "ci lint --pipeline release", declare_lint},
    Command{"lock", "Pin what a pipeline takes from outside of the project", "ci lock --update group/ci", declare_lock},
    Command{"list", "List runs, newest first", "ci list -n 5", declare_list},
    Command{"show", "Show a run: stages, jobs, what failed, what waits", "ci show 128", declare_show},
    Command{"why", "Say why a job or an environment waits, and why a job ran or not", "ci why production", declare_why},
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
    Command{"deploy", "Bring a release to an environment", "ci deploy production app-2.8.0", declare_deploy},
    Command{"rollout", "Watch and steer a rollout", "ci rollout promote production", declare_rollout},
    Command{"rollback", "Take an environment back to an earlier release, and pin it", "ci rollback production",
            declare_rollback},
    Command{"unpin", "Let an environment be deployed to again after a rollback", "ci unpin production", declare_unpin},
    Command{"releases", "List what can be deployed, newest first", "ci releases", declare_releases},
    Command{"analysis", "Judge again what a rollout's analysis saw", "ci analysis replay 12", declare_analysis},
    Command{"dora", "Show delivery metrics: frequency, lead time, failures, recovery", "ci dora --since 30d",
            declare_dora},
    Command{"incident", "Record that users suffer in an environment, and until when",
            "ci incident open production -m \"checkout answers 500\"", declare_incident},
    Command{"shell", "Open a shell in a job's room, as it was", "ci shell unit", declare_shell},
    Command{"env", "Show what is live where, since when and how it got there", "ci env diff staging production",
            declare_env},
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

/// Of a command that has commands of its own, such as `ci env`.
Error unknown_verb(const CLI::App& app, const std::vector<const CLI::App*>& verbs, const std::string& word) {
  Error error{Fault::user, "`" + word + "` is not a command of " + app.get_name(), "there are"};
  std::vector<std::string_view> names;
  for (const CLI::App* verb : verbs) names.emplace_back(verb->get_name());
  for (const std::string_view name : names) error.help += (name == names.front() ? " " : ", ") + std::string(name);
  if (const auto near = did_you_mean(word, names)) error.help = "did you mean `" + *near + "`?";
  return error;
}

Error unknown_word(const CLI::App& app, const std::string& word) {
  const std::vector<const CLI::App*> verbs = app.get_subcommands([](const CLI::App*) { return true; });
  if (!verbs.empty() && app.get_subcommands().empty() && !word.starts_with("-")) return unknown_verb(app, verbs, word);
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
  const std::string& name = words[position];
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
