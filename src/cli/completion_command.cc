#include <algorithm>
#include <string>

#include "cli/commands.h"
#include "cli/compile.h"
#include "cli/environment_facts.h"
#include "cli/project.h"

namespace penstock {
namespace {

// Each script asks `ci complete` with the words of the line so far: what can follow is known in one place.
constexpr std::string_view kBash = R"~(_ci_complete() {
  local IFS=$'\n'
  COMPREPLY=($(compgen -W "$(ci complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
  COMPREPLY=("${COMPREPLY[@]// /\\ }")
}
complete -o bashdefault -o default -F _ci_complete ci
)~";
constexpr std::string_view kZsh = R"~(#compdef ci
_ci() {
  local -a candidates
  candidates=("${(@f)$(ci complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -a candidates
}
compdef _ci ci
)~";
constexpr std::string_view kFish = R"~(function __ci_complete
  set -l words (commandline -opc) (commandline -ct)
  ci complete $words[2..-1] 2>/dev/null
end
complete -c ci -f -a '(__ci_complete)'
)~";

void add_environments(const Plan& plan, std::vector<std::string>& words) {
  for (const Job& job : plan.jobs) {
    if (job.environment && job.gate.kind == Gate::Kind::manual) words.push_back(job.environment->name);
  }
}

/// Names of the jobs (and with `gates`, environments) of the pipeline that the line so far chooses, from what is
/// committed now.
void add_jobs(const World& world, const std::vector<std::string>& line, bool gates, std::vector<std::string>& words) {
  auto repository = git::Repository::open(world.folder);
  if (!repository) return;
  PipelineChoice choice;
  choice.offline = true;  // nobody waits for a network while he types
  for (size_t i = 0; i + 1 < line.size(); ++i) {
    if (line[i] == "--pipeline" || line[i] == "-p") choice.pipeline = line[i + 1];
  }
  const auto compiled = compile(*repository, world, choice, {});
  if (!compiled || !compiled->plan) return;
  for (const Job& job : compiled->plan->jobs) words.push_back(job.name);
  if (gates) add_environments(*compiled->plan, words);
}

void add_pipelines(const World& world, std::vector<std::string>& words) {
  auto repository = git::Repository::open(world.folder);
  if (!repository) return;
  if (const auto names = pipeline_names(*repository, {})) words.insert(words.end(), names->begin(), names->end());
}

void add_known_environments(const World& world, std::vector<std::string>& words) {
  auto project = open_project(world);
  if (!project) return;
  const auto declared = declared_environments(*project, world);
  if (!declared) return;
  if (const auto names = known_environments(*project, *declared))
    words.insert(words.end(), names->begin(), names->end());
}

/// `line` is what stands behind `ci`, the last word the one under the cursor.
std::vector<std::string> candidates(const std::vector<std::string>& line, const World& world) {
  if (line.size() <= 1) return command_names();
  const std::string& command = line.front();
  const std::string& before = line[line.size() - 2];
  std::vector<std::string> words;
  if (before == "--pipeline" || before == "-p") {
    add_pipelines(world, words);
    return words;
  }
  if (line.back().starts_with("-")) return option_names(command);
  const std::vector<std::string> with_gates{"approve", "reject", "play"};
  const std::vector<std::string> with_jobs{"run", "plan", "why", "log", "shell", "cancel", "retry"};
  const bool gates = std::find(with_gates.begin(), with_gates.end(), command) != with_gates.end();
  if (gates || std::find(with_jobs.begin(), with_jobs.end(), command) != with_jobs.end())
    add_jobs(world, line, gates, words);
  // `ci env VERB NAME`, `ci rollout VERB NAME`, `ci incident VERB NAME`; the others take the name at once.
  const std::vector<std::string> with_environments{"deploy", "rollback", "unpin", "why"};
  const bool takes_verb = command == "env" || command == "rollout" || command == "incident" || command == "releases";
  if (takes_verb ? line.size() > 2
                 : std::find(with_environments.begin(), with_environments.end(), command) != with_environments.end())
    add_known_environments(world, words);
  if (command == "completion") words = {"bash", "zsh", "fish"};
  if (command == "secrets" || command == "artifacts" || (takes_verb && line.size() == 2)) {
    words = option_names(command);
    std::erase_if(words, [](const std::string& word) { return word.starts_with("-"); });
  }
  return words;
}

}  // namespace

int execute(const CompletionArguments& arguments, World& world) {
  const Output& out = world.outputs.out;
  if (!arguments.answer) {
    out.write(arguments.shell == "zsh" ? kZsh : arguments.shell == "fish" ? kFish : kBash);
    return kPassed;
  }
  std::string text;
  for (const std::string& word : candidates(arguments.words, world)) text += word + "\n";
  out.write(text);
  return kPassed;
}

int execute(const PrintArguments& arguments, World& world) {
  world.outputs.out.write(arguments.text);
  return kPassed;
}

}  // namespace penstock
