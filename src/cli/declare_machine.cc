#include "cli/declare.h"

#include <CLI/CLI.hpp>

namespace penstock {

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

}  // namespace penstock
