#include "cli/declare.h"

#include <CLI/CLI.hpp>
#include <charconv>

namespace penstock {
namespace {

/// An option that takes `KEY=VALUE` and may be given again.
void add_pairs(CLI::App& app, const std::string& option, const std::string& shape,
               std::vector<std::pair<std::string, std::string>>& pairs, const std::string& description) {
  app.add_option_function<std::vector<std::string>>(
         option,
         [&pairs, option, shape](const std::vector<std::string>& words) {
           for (const std::string& word : words) {
             const size_t equals = word.find('=');
             if (equals == std::string::npos || equals == 0)
               throw CLI::ValidationError(option.substr(0, option.find(',')),
                                          "takes " + shape + ", not `" + word + "`");
             pairs.emplace_back(word.substr(0, equals), word.substr(equals + 1));
           }
         },
         description)
      ->type_name(shape)
      ->allow_extra_args(false);
}

}  // namespace

std::string from_one(const std::string& word) {
  int64_t number = 0;
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, number);
  const bool fine = error == std::errc() && stop == end && number > 0;
  return fine ? std::string() : "takes a whole number from 1, not `" + word + "`";
}

CLI::Option* add_run(CLI::App& app, int64_t& run) {
  return app.add_option("--run", run, "The run's number (default: the newest that fits)")
      ->type_name("N")
      ->check(from_one);
}

void add_slots(CLI::App& app, int& slots) {
  app.add_option("-j,--jobs", slots, "How many jobs run at once (default: one a core)")
      ->type_name("N")
      ->check(CLI::Range(1, 4096));
}

void add_choice(CLI::App& app, PipelineChoice& choice) {
  app.add_option("-p,--pipeline", choice.pipeline, "Pipeline by name (.ci/NAME.yml) or by path")->type_name("NAME");
  add_pairs(app, "-e,--env", "KEY=VALUE", choice.variables, "A pipeline variable; may be given again");
  add_pairs(app, "--input", "NAME=VALUE", choice.inputs, "An input that the pipeline declares (`spec: inputs`)");
  app.add_option("--secret", choice.secrets,
                 "A masked variable: from FILE, else from `ci secrets`, else from the environment")
      ->type_name("KEY[=FILE]")
      ->allow_extra_args(false);
  app.add_flag("--offline", choice.offline, "Fetch nothing: what is included from outside comes from the cache");
  app.add_flag("--worktree", choice.worktree, "Include what isn't committed, and new files that aren't ignored");
  app.add_option("--event", choice.event, "As on this event: push, merge_request, tag, schedule, web, api, trigger, …")
      ->type_name("EVENT");
  app.add_option("--branch", choice.branch, "As if HEAD were on this branch")->type_name("NAME");
  app.add_option("--tag", choice.tag, "As a pipeline of this tag")->type_name("NAME");
  app.add_option("--target-branch", choice.target_branch, "Where the merge request goes (default: the default branch)")
      ->type_name("NAME");
  app.add_option_function<std::vector<std::string>>(
         "--changed", [&choice](const std::vector<std::string>& files) { choice.changed = files; },
         "As if these files had changed, whatever git says; may be given again")
      ->type_name("FILE")
      ->allow_extra_args(false);
}

}  // namespace penstock
