#include "cli/delivery_desk.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/suggest.h"
#include "blobs/blob_store.h"
#include "cli/ci_job.h"
#include "cli/compile.h"
#include "cli/environment_facts.h"
#include "cli/open_environment.h"
#include "cli/rollout_display.h"
#include "cli/rollout_steering.h"
#include "cli/run_machine.h"
#include "cli/when.h"
#include "coordinator/poll_waiter.h"
#include "delivery/ledger.h"
#include "delivery/target.h"
#include "environments/approvals.h"
#include "environments/compile.h"
#include "environments/json.h"
#include "intake/environments.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/machine.h"
#include "os/signals.h"
#include "os/time_zones.h"
#include "releases/make_release.h"
#include "rollout/environment_state.h"

namespace penstock {
namespace {

constexpr Duration kTick{200};
constexpr Duration kPlainTick{1000};  ///< Where nothing is drawn, and only waits are told of.
constexpr size_t kRunsLookedAt = 50;

Error ambiguous(const std::string& word, const std::vector<Release>& found) {
  Error error{Fault::user, "`" + word + "` means several releases", "name one: "};
  for (size_t i = 0; i < found.size(); ++i) {
    error.help += (i == 0 ? "" : ", ") + found[i].id.substr(0, 12) + " (" + found[i].name + ")";
  }
  return error;
}

/// `412 passed, 3 skipped`, over all jobs of a run.
std::string tests_of(const std::vector<AttemptRecord>& attempts) {
  uint64_t passed = 0;
  bool any = false;
  for (const AttemptRecord& attempt : attempts) {
    if (!attempt.result || !attempt.result->tests) continue;
    any = true;
    passed += attempt.result->tests->passed;
  }
  return any ? std::to_string(passed) + " passed" : std::string();
}

/// The line of a rollout's end on standard output.
std::string end_line(const RolloutRecord& record, const RolloutSummary& summary) {
  std::string facts = record.facts.release_name;
  if (summary.succeeded) {
    facts += " live";
  } else if (!summary.waits_for.empty() && !summary.ended) {
    facts += " waiting for " + summary.waits_for;
  } else if (summary.phase == "superseded") {
    facts += " " + summary.reason;
  } else {
    facts += " " + phase_words(summary);
  }
  return record.facts.environment + "   " + facts + "\n";
}

/// How many are rolled out with it.
size_t services_of(const RolloutRecord& record) {
  if (!record.facts.release.empty()) return 1;
  const auto spec = environment_from_json(record.facts.configuration);
  return spec.ok() ? spec->services.size() : 1;
}

}  // namespace

struct DeliveryDesk::State {
  State(Project& a_project, const World& a_world) : project(a_project), world(a_world) {}

  Project& project;
  const World& world;
  os::SystemTimeZones zones;
  std::unique_ptr<BlobStore> blobs;
  std::optional<os::TempFolder> scratch;
  std::unique_ptr<EnvironmentOpener> opener;
  std::unique_ptr<Deployments> deployments;
  std::atomic<bool> is_drawing = false;            ///< A rollout in place, where no line may come between.
  std::optional<std::vector<std::string>> places;  ///< Of the work tree, in place of runs.
};

DeliveryDesk::DeliveryDesk(std::unique_ptr<State> state) : state_(std::move(state)) {}
DeliveryDesk::~DeliveryDesk() = default;
Deployments& DeliveryDesk::deployments() { return *state_->deployments; }

Result<std::unique_ptr<DeliveryDesk>> DeliveryDesk::open(Project& project, const World& world,
                                                         std::function<void(const std::string&)> say) {
  auto state = std::make_unique<State>(project, world);
  if (!say) say = [&world](const std::string& line) { world.outputs.err.write(line + "\n"); };
  PENSTOCK_TRY(state->blobs, project.open_blobs());
  PENSTOCK_TRY(state->scratch, os::TempFolder::make_after_dead("ci-deploy-"));
  const auto on_slow = [state = state.get(), say](const std::string& host) {
    if (!state->is_drawing) say("waiting for ssh to reach " + host);
  };
  state->opener = std::make_unique<EnvironmentOpener>(project, world, *state->blobs, on_slow);
  SqliteStore& store = project.store();
  DeploymentParts parts{store,
                        store,
                        store,
                        *project.records.rollout_leases,
                        *state->blobs,
                        world.clock,
                        state->zones,
                        {},
                        {},
                        {},
                        {},
                        {},
                        {},
                        {},
                        {},
                        {}};
  parts.open = [opener = state->opener.get()](const EnvironmentSpec& spec, const SecretVersions& secrets) {
    return opener->open(spec, secrets);
  };
  parts.secret = [opener = state->opener.get()](const std::string& name) { return opener->secret(name); };
  parts.is_ancestor = [&project](const std::string& ancestor, const std::string& descendant) -> Result<bool> {
    const auto base = project.repository.merge_base(ancestor, descendant);
    return base.ok() && *base && **base == ancestor;
  };
  parts.read_file = [&project](const std::string& commit, const std::string& path) {
    return project.repository.read_file(commit, path);
  };
  parts.progress = say;
  parts.variables = world.environment;
  parts.folder = project.repository.top_level();
  parts.scratch = state->scratch->path();
  parts.machine = os::host_name();
  parts.state = project.state.string();
  state->deployments = std::make_unique<Deployments>(std::move(parts));
  return std::unique_ptr<DeliveryDesk>(new DeliveryDesk(std::move(state)));
}

Result<EnvironmentsFile> DeliveryDesk::declared(const std::string& commit, bool worktree) {
  PENSTOCK_TRY(std::optional<CompiledEnvironments> compiled,
               read_environments(state_->project.repository, commit, worktree));
  if (!compiled) {
    return Error{Fault::user, "this project declares no environments at " + commit.substr(0, 8),
                 "declare them in " + std::string(kEnvironmentsPath) + " and commit it (docs/environments.md)"};
  }
  if (report(compiled->diagnostics, state_->world)) {
    return Error{Fault::user, "its environments can't be used", "mend " + std::string(kEnvironmentsPath)};
  }
  return *std::move(compiled->file);
}

Result<EnvironmentSpec> DeliveryDesk::environment(const std::string& name, EnvironmentsFile* all) {
  PENSTOCK_TRY(const std::string head, state_->project.repository.head());
  PENSTOCK_TRY(const EnvironmentsFile file, declared(head));
  if (all != nullptr) *all = file;
  if (std::optional<EnvironmentSpec> spec = find_environment(file, name)) return *std::move(spec);
  Error error{Fault::user, "there is no environment `" + name + "`", {}};
  const std::vector<std::string_view> names = environment_names(file);
  if (const auto near = did_you_mean(name, names)) {
    error.help = "did you mean `" + *near + "`?";
  } else {
    error.help = "what " + std::string(kEnvironmentsPath) + " declares:";
    for (const std::string_view known : names) error.help += " " + std::string(known);
  }
  return error;
}

Result<SecretVersions> DeliveryDesk::newest_secrets(const EnvironmentSpec& spec) {
  return state_->opener->newest_secrets(spec);
}

Result<EnvironmentAccess> DeliveryDesk::access(const EnvironmentSpec& spec) {
  return state_->opener->open_to_look(spec);
}

Result<std::vector<JournalEntry>> DeliveryDesk::journal(const EnvironmentSpec& spec) {
  PENSTOCK_TRY(const EnvironmentAccess access, this->access(spec));
  return deployments().refresh(spec.name, *access.ledger);
}

Result<Release> DeliveryDesk::release(const std::string& word) {
  SqliteStore& store = state_->project.store();
  PENSTOCK_TRY(std::vector<Release> found, store.find_releases(word));
  if (found.size() > 1) return ambiguous(word, found);
  if (found.size() == 1) return std::move(found.front());
  PENSTOCK_TRY(const std::string head, state_->project.repository.head());
  PENSTOCK_TRY(const EnvironmentsFile file, declared(head));
  if (const std::optional<EnvironmentSpec> spec = find_environment(file, word)) {
    PENSTOCK_TRY(const std::vector<JournalEntry> entries, journal(*spec));
    const EnvironmentState state = environment_state(entries);
    if (!state.live) return Error{Fault::user, "nothing is live in " + word, "see what is where: ci env"};
    PENSTOCK_TRY(std::optional<Release> live, store.release(state.live->release));
    if (live) return *std::move(live);
    return Error{Fault::user, state.live->name + " was not built or deployed from here",
                 "deploy it from its run: ci releases"};
  }
  Error error{Fault::user, "there is no release `" + word + "`", "see what there is: ci releases"};
  PENSTOCK_TRY(const std::vector<Release> all, store.releases(kRunsLookedAt));
  std::vector<std::string_view> names;
  for (const Release& release : all) names.push_back(release.name);
  if (const auto near = did_you_mean(word, names)) error.help = "did you mean `" + *near + "`?";
  return error;
}

Result<Release> DeliveryDesk::known_release(Ledger& ledger, const std::string& id) {
  return deployments().known_release(ledger, id);
}

void DeliveryDesk::build_from(std::vector<std::string> places) { state_->places = std::move(places); }

Result<Release> DeliveryDesk::built(const EnvironmentSpec& spec, int64_t run, const std::string& wanted) {
  if (run == 0 && state_->places)
    return release_of_work_tree(state_->project, *state_->blobs, *state_->places, spec.application.artifact);
  SqliteStore& store = state_->project.store();
  std::vector<RunHeader> runs;
  if (run != 0) {
    PENSTOCK_TRY(const StoredRun stored, load_run(state_->project, run));
    runs.push_back(stored.header);
  } else {
    PENSTOCK_TRY(runs, store.list(kRunsLookedAt, 0));
  }
  std::optional<Error> first_problem;
  for (const RunHeader& header : runs) {
    PENSTOCK_TRY(const std::vector<ArtifactRecord> records, store.artifacts(header.id));
    std::vector<KeptArchive> archives;
    for (const ArtifactRecord& record : records) {
      if (record.artifact.kind == "archive")
        archives.push_back({record.job, record.attempt_id, record.artifact.tree, record.kept_at});
    }
    BuiltFrom from;
    from.run = header.id;
    from.commit = header.facts.commit;
    from.subject = header.facts.subject;
    from.ref = header.facts.ref;
    auto release = make_release(*state_->blobs, archives, from, wanted.empty() ? spec.application.artifact : wanted);
    if (!release.ok()) {
      if (!first_problem) first_problem = release.error();
      continue;
    }
    if (const auto commit = state_->project.repository.commit(header.facts.commit); commit.ok()) {
      release->author = commit->author.name + " <" + commit->author.email + ">";
      release->committed_at = commit->committer.time;
    }
    PENSTOCK_TRY(const std::vector<AttemptRecord> attempts, store.attempts(header.id));
    release->tests = tests_of(attempts);
    return *std::move(release);
  }
  if (first_problem) return *first_problem;
  return Error{Fault::user, "nothing was built here yet", "build something first: ci run"};
}

/// As a kill would, but with a word: what was decided is stored, and a call of the target that is under way, which may
/// take long, comes to its end by itself.
void DeliveryDesk::leave_at_once(RolloutDisplay& display, int status) {
  display.finish();
  state_->world.outputs.hint("it stands as it is, and nobody watches it. Go on with: ci resume");
  state_->scratch.reset();
  ::_exit(status);
}

Result<int> DeliveryDesk::drive_and_report(int64_t rollout, const DriveOptions& options) {
  const World& world = state_->world;
  PENSTOCK_TRY(StoredRollout before, state_->project.store().load_rollout(rollout));
  if (driven_as(before.record) != rollout) {  // driving one of them drives them all
    rollout = driven_as(before.record);
    PENSTOCK_TRY(before, state_->project.store().load_rollout(rollout));
  }
  PENSTOCK_TRY(const Actor who, local_actor(state_->project));
  PENSTOCK_TRY(os::SignalQueue signals, os::SignalQueue::open({SIGINT, SIGTERM, SIGWINCH}));
  RolloutDisplay display(world, before.record.facts.environment, services_of(before.record));
  state_->is_drawing = world.outputs.err.is_terminal;
  if (options.leave_baking) display.on_promoted([this] { deployments().leave(); });
  PollWaiter waiter(world.clock);
  int interrupted = 0;
  waiter.watch(signals.fd(), [&] {
    while (const auto signal = signals.next()) {
      if (*signal == SIGWINCH) {
        display.tick();
      } else if (std::exchange(interrupted, *signal) == 0) {
        const auto now = state_->project.store().load_rollout(rollout);
        const bool has_begun = now.ok() && now->record.summary.began_at;
        display.said(world.clock.now(),
                     std::string(has_begun ? "taking back" : "ending it") + " (once more: leave it as it stands)");
        deployments().steer({rollout_event::Steered::What::abort, who, "interrupted"});
      } else {
        keep_abort(state_->project, rollout, who, "interrupted");
        leave_at_once(display, 128 + *signal);
      }
    }
  });
  waiter.every(world.outputs.err.is_terminal ? kTick : kPlainTick, [&display] { display.tick(); });
  const auto end = deployments().drive(rollout, waiter, display, options.stay);
  display.finish();
  state_->is_drawing = false;
  // One that came while nobody waited, as in the middle of pip, would end us without a word.
  while (const auto signal = signals.next()) {
    if (*signal != SIGWINCH) interrupted = *signal;
  }
  if (!end.ok() && interrupted == 0) return end.error();
  if (!end.ok()) {
    world.outputs.error(end.error());
    return 128 + interrupted;
  }
  PENSTOCK_TRY(const StoredRollout after, state_->project.store().load_rollout(rollout));
  return report_end(after.record, *end, options, interrupted);
}

int DeliveryDesk::report_end(const RolloutRecord& after, const DeploymentEnd& end, const DriveOptions& options,
                             int interrupted) {
  const World& world = state_->world;
  const RolloutSummary& summary = end.summary;
  world.outputs.out.write(end_line(after, summary));
  switch (end.how) {
    case DeploymentEnd::How::elsewhere:
      world.outputs.hint("another ci drives it: ci rollout status " + after.facts.environment);
      return kPassed;
    case DeploymentEnd::How::left:
      world.outputs.hint(
          options.leave_baking && interrupted == 0
              ? "nobody watches it now: ci watch does until its bake time is over (as a service: --print-unit)"
              : "it stands as it is, and nobody watches it. Go on with: ci resume");
      return interrupted != 0 ? 128 + interrupted : static_cast<int>(kPassed);
    case DeploymentEnd::How::parked:
      if (summary.due_at) {
        world.outputs.hint("it can begin at " + to_start(*summary.due_at, world.clock.now()) + ": ci watch");
      }
      if (summary.waits_for_person) world.outputs.hint(hint_to_approve(after));
      return kPassed;
    case DeploymentEnd::How::ended:
      break;
  }
  if (summary.succeeded) {
    const bool is_one = !after.facts.release.empty();
    world.outputs.hint(is_one ? "its way from the commit: ci releases show " + after.facts.release_name
                              : "how it came there: ci rollout status " + after.facts.environment);
    return kPassed;
  }
  if (summary.phase == "superseded") return kPassed;
  const bool is_refused = summary.phase == "refused" || summary.phase == to_string(RolloutPhase::taken_back);
  if (options.ends_as_asked && is_refused && interrupted == 0) return kPassed;
  world.outputs.error({Fault::user, summary.reason, {}});
  if (!summary.log.empty()) world.outputs.err.write(summary.log + "\n");
  return interrupted != 0 ? 128 + interrupted : static_cast<int>(kFailed);
}

/// Why this person has nothing more to say of one that waits for people; empty where they have.
std::string DeliveryDesk::why_not_yours(const RolloutRecord& waiting) {
  const auto spec = environment_from_json(waiting.facts.configuration);
  const auto release = state_->project.store().release(waiting.facts.release);
  const auto who = local_actor(state_->project);
  if (!spec.ok() || !release.ok() || !*release || !who.ok()) return {};
  const EnvironmentsFile no_groups;  // the rule names people (Deployments::request)
  const ApprovalQuestion question{no_groups, spec->approvals, **release, waiting.facts.who, {}};
  const auto journal = known_journal(state_->project, waiting.facts.environment);
  return journal.ok() ? why_others(question, approvals_of(question, *journal), *who) : std::string();
}

/// What this person can do about one that waits for people; of several services, for that of the first.
std::string DeliveryDesk::hint_to_approve(const RolloutRecord& waiting) {
  RolloutRecord asked = waiting;
  if (const auto open = state_->project.store().open_rollouts(); open.ok() && waiting.facts.release.empty()) {
    const auto service = std::find_if(open->begin(), open->end(), [&](const RolloutRecord& one) {
      return one.facts.group == waiting.id && waits_for_approval(one);
    });
    if (service != open->end()) asked = *service;
  }
  const std::string why = why_not_yours(asked);
  return (why.empty() ? "approve with: " : why) + "ci approve " + waiting.facts.environment;
}

}  // namespace penstock
