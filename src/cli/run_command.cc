#include <algorithm>
#include <future>
#include <string>

#include "cli/commands.h"
#include "cli/compile.h"
#include "cli/project.h"
#include "cli/rollouts_of_runs.h"
#include "cli/run_machine.h"
#include "executor_sandbox/clean_environment.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/signals.h"
#include "plan/check.h"
#include "secrets/secret_file.h"

namespace penstock {
namespace {

constexpr size_t kLongestSecret = size_t{1} << 20;

/// The value of each secret: from the file that was named, else from `ci secrets`, else from the environment.
Result<std::map<std::string, std::string>> secret_values(const Project& project, const World& world,
                                                         const PipelineChoice& choice,
                                                         const std::vector<std::string>& names, const Sealer& sealer) {
  const SecretFile kept(project.secrets_file());
  std::map<std::string, std::string> values;
  for (const std::string& word : choice.secrets) {
    if (const size_t equals = word.find('='); equals != std::string::npos) {
      auto value = os::read_file(world.folder / word.substr(equals + 1), kLongestSecret);
      if (!value)
        return Error{Fault::user, "--secret " + word.substr(0, equals) + ": " + value.error().message,
                     "name a file that holds its value"};
      values[word.substr(0, equals)] = std::move(*value);
    }
  }
  for (const std::string& name : names) {
    if (values.contains(name)) continue;
    PENSTOCK_TRY(const std::optional<std::string> sealed, kept.get(sealer, name));
    const auto variable = world.environment.find(name);
    if (sealed) {
      values[name] = *sealed;
    } else if (variable != world.environment.end()) {
      values[name] = variable->second;
    } else {
      return Error{Fault::user, "there is no value for the secret `" + name + "`",
                   "name a file: --secret " + name + "=FILE, keep it: ci secrets set " + name + ", or export " + name};
    }
  }
  return values;
}

RunFacts facts_of(const Compiled& compiled, const Project& project, const RunArguments& arguments, const Actor& who) {
  RunFacts facts;
  facts.pipeline = compiled.name;
  facts.source = compiled.path;
  facts.repository = project.repository.top_level().string();
  facts.commit = compiled.commit.commit.id;
  facts.ref = compiled.circumstances.ref();
  facts.subject = std::string(compiled.commit.commit.title());
  facts.event = compiled.circumstances.event;
  facts.who = who;
  facts.worktree = arguments.choice.worktree;
  facts.selected = arguments.jobs;
  return facts;
}

/// The pipeline of the command line: compiled, reported, reduced to the named jobs. A status where the command ends
/// here.
struct Chosen {
  Compiled compiled;
  Plan plan;
  std::optional<int> status;
};

Result<Chosen> choose(const Project& project, const World& world, const RunArguments& arguments,
                      const std::vector<std::string>& secrets) {
  PENSTOCK_TRY(Compiled compiled, compile(project.repository, world, arguments.choice, secrets));
  Chosen chosen{std::move(compiled), {}, std::nullopt};
  if (report(chosen.compiled.diagnostics, world)) {
    chosen.status = kMistake;
  } else if (!chosen.compiled.plan) {
    report_no_pipeline(chosen.compiled, world);
    chosen.status = kPassed;
  } else if (arguments.jobs.empty()) {
    chosen.plan = std::move(*chosen.compiled.plan);
  } else {
    PENSTOCK_TRY(chosen.plan, select(*chosen.compiled.plan, arguments.jobs, !arguments.only));
  }
  return chosen;
}

/// Asks git beside everything else whether something isn't committed.
std::future<bool> ask_dirty(const git::Repository& repository, bool wanted) {
  if (!wanted) return {};
  const os::SignalShelter shelter;
  return std::async(std::launch::async, [&repository] {
    const auto dirty = repository.dirty();
    return dirty.ok() && *dirty;
  });
}

Result<int> run(const RunArguments& arguments, World& world) {
  PENSTOCK_TRY(Project project, find_project(world, &arguments.choice));
  RunContext context;
  context.environment = sandbox::clean_environment(world.environment, arguments.pass);
  context.strict = arguments.strict;
  context.no_network = arguments.no_network;
  context.pause_on_failure = arguments.pause_on_failure;
  context.offline = arguments.choice.offline;
  context.changed = arguments.choice.changed;
  PENSTOCK_TRY(const std::unique_ptr<RunMachine> machine,
               RunMachine::make(project, world,
                                {arguments.slots, context.environment, context.strict, context.no_network, kNearDue}));
  PENSTOCK_TRY(const std::string head, project.repository.head());
  machine->prepare_sources(head, arguments.choice.worktree);
  PENSTOCK_CHECK(open_records(project));  // while the first room is made

  PENSTOCK_TRY(const std::vector<std::string> secrets, secret_names(project, arguments.choice));
  PENSTOCK_TRY(Chosen chosen, choose(project, world, arguments, secrets));
  if (chosen.status) return *chosen.status;
  PENSTOCK_TRY(const Sealer sealer, open_sealer());
  PENSTOCK_TRY(context.secrets, secret_values(project, world, arguments.choice, secrets, sealer));
  PENSTOCK_TRY(const Actor who, local_actor(project));

  NewRun fresh;
  fresh.at = world.clock.now();
  fresh.facts = facts_of(chosen.compiled, project, arguments, who);
  if (fresh.facts.worktree) {
    PENSTOCK_TRY(fresh.facts.worktree_layer, machine->worktree_layer(head));
  }
  fresh.plan = std::make_shared<const Plan>(std::move(chosen.plan));
  fresh.options.keep_going = arguments.keep_going;
  fresh.sealed_context = seal(context, sealer);
  PENSTOCK_TRY(StoredRun stored, project.store().create(fresh));
  const int64_t run = stored.header.id;
  // Not sooner: what stands between the command and its first job has both processors busy.
  std::future<bool> dirty = ask_dirty(project.repository, !arguments.choice.worktree);
  const int status = drive_and_report(*machine, project, world, {std::move(stored), std::move(context)});
  if (dirty.valid() && dirty.get()) {
    world.outputs.warning("uncommitted changes were not part of this run (include them with --worktree)");
  }
  return go_on_with_run(project, world, run, status);
}

}  // namespace

int execute(const RunArguments& arguments, World& world) {
  const auto status = run(arguments, world);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
