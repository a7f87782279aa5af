#include "cli/answers.h"

#include <algorithm>
#include <string>
#include <utility>

#include "cli/delivery_desk.h"
#include "cli/environment_facts.h"
#include "cli/rollout_steering.h"
#include "coordinator/post.h"
#include "delivery/ledger.h"
#include "environments/approvals.h"
#include "environments/compile.h"
#include "environments/json.h"
#include "os/clock.h"
#include "rollout/environment_state.h"
#include "store/driver_lease.h"

namespace penstock {
namespace {

std::string name_in_journal(DeliveryDesk& desk, int64_t run) {
  RolloutRecord record;
  record.id = run;
  return "run-" + desk.deployments().name_in_journal(record);
}

bool is_rollout(const Job& job) { return job.rollout && job.environment; }

/// Where one of the run's rollouts goes, as its commit declares it.
Result<std::optional<EnvironmentSpec>> place_of(DeliveryDesk& desk, const StoredRun& run, const Job& job,
                                                DeclaredOnce& file) {
  if (!file) {
    PENSTOCK_TRY(file, desk.declared(run.header.facts.commit, run.header.facts.worktree));
  }
  return find_environment(*file, job.environment->name);
}

Result<std::vector<JobAtGate>> gates_with_approvals(DeliveryDesk& desk, const StoredRun& run, DeclaredOnce& file) {
  std::vector<JobAtGate> gates;
  for (const size_t index : run.run.manual(true)) {
    PENSTOCK_TRY(std::optional<JobAtGate> gate, gate_with_approvals(desk, run, index, file));
    if (gate) gates.push_back(*std::move(gate));
  }
  return gates;
}

/// The environments within reach where people are asked, of the one that HEAD declares by that name.
std::vector<EnvironmentSpec> asking_places(const EnvironmentsFile& file, const std::string& name) {
  const std::optional<EnvironmentSpec> spec = find_environment(file, name);
  std::vector<EnvironmentSpec> places = spec ? places_of(file, *spec) : std::vector<EnvironmentSpec>();
  std::erase_if(places, [](const EnvironmentSpec& place) {
    return place.approvals.required == 0 || std::holds_alternative<std::monostate>(place.target);
  });
  return places;
}

/// False where nobody asked there.
Result<bool> answer(Project& project, const World& world, DeliveryDesk& desk, const EnvironmentsFile& file,
                    const EnvironmentSpec& spec, const GateArguments& arguments) {
  PENSTOCK_TRY(const EnvironmentAccess access, desk.access(spec));
  PENSTOCK_TRY(const std::vector<JournalEntry> journal, desk.deployments().refresh(spec.name, *access.ledger));
  const EnvironmentState state = environment_state(journal);
  if (state.asks.empty()) return false;
  const JournalEntry& ask = state.asks.back();
  PENSTOCK_TRY(const Release release, desk.known_release(*access.ledger, ask.release));
  const ApprovalQuestion question{file, spec.approvals, release, ask.by, ask.rollout};
  PENSTOCK_TRY(const ApprovalState after,
               answer_ask(project, world, desk, *access.ledger, spec.name, question, arguments));
  const bool missing = !after.refused && !after.open();
  world.outputs.hint(missing ? spec.name + " waits for " + to_words(after, spec.approvals)
                             : ask.by.name + "'s ci hears of it: ci resume there, or ci watch");
  return true;
}

/// What people said of the run's gate, as the run is told of it; nothing while it still waits.
Result<std::optional<Event>> answer_for(DeliveryDesk& desk, const StoredRun& run, const EnvironmentsFile& file,
                                        const JobAtGate& gate, Instant now) {
  PENSTOCK_TRY(const std::vector<JournalEntry> journal, desk.journal(gate.spec));
  const ApprovalState state = approvals_of(
      {file, gate.spec.approvals, gate.release, run.header.facts.who, name_in_journal(desk, run.header.id)}, journal);
  if (state.refused)
    return std::optional(Event{now, event::Rejected{gate.job, state.refused->by, state.refused->message}});
  if (!state.open() || state.given.empty()) return std::optional<Event>();
  const JournalEntry& last = state.given.back();
  return std::optional(Event{now, event::Approved{gate.job, last.by, last.message}});
}

Result<> hear_of_run(Project& project, const World& world, DeliveryDesk& desk, const StoredRun& run,
                     Answered& answered) {
  DeclaredOnce file;
  PENSTOCK_TRY(const std::vector<JobAtGate> gates, gates_with_approvals(desk, run, file));
  for (const JobAtGate& gate : gates) {
    PENSTOCK_TRY(const std::optional<Event> said, answer_for(desk, run, *file, gate, world.clock.now()));
    if (!said) continue;
    PENSTOCK_CHECK(post(project.store(), *project.records.leases, run.header.id, {*said}));
    if (answered.runs.empty() || answered.runs.back() != run.header.id) answered.runs.push_back(run.header.id);
  }
  return success();
}

/// Whether people have answered one that waits for them.
Result<bool> has_answer(Project& project, DeliveryDesk& desk, const RolloutRecord& record) {
  PENSTOCK_TRY(const StoredRollout stored, project.store().load_rollout(record.id));
  PENSTOCK_TRY(const EnvironmentSpec spec, environment_from_json(record.facts.configuration));
  PENSTOCK_TRY(const std::vector<JournalEntry> journal, desk.journal(spec));
  PENSTOCK_TRY(const GateAnswer answer, desk.deployments().ask(stored, spec, journal));
  return answer.what != GateAnswer::What::ask_person;
}

Result<std::vector<RolloutRecord>> waiting_rollouts(Project& project) {
  PENSTOCK_TRY(std::vector<RolloutRecord> open, project.store().open_rollouts());
  std::vector<RolloutRecord> waiting;
  for (RolloutRecord& record : open) {
    if (!waits_for_approval(record)) continue;
    PENSTOCK_TRY(const bool driven, project.records.rollout_leases->is_driven(driven_as(record)));
    if (!driven) waiting.push_back(std::move(record));
  }
  return waiting;
}

bool has_rollouts(const Run& run) {
  for (size_t index = 0; index < run.size(); ++index)
    if (is_rollout(run.job(index))) return true;
  return false;
}

/// A run that was canceled, or whose gate was opened otherwise, asks nobody any more.
Result<> withdraw_others(Project& project, DeliveryDesk& desk, const StoredRun& run,
                         const std::vector<JobAtGate>& waiting, DeclaredOnce& file) {
  const std::string own = name_in_journal(desk, run.header.id);
  for (size_t index = 0; index < run.run.size(); ++index) {
    const Job& job = run.run.job(index);
    if (!is_rollout(job)) continue;
    const std::string& environment = job.environment->name;
    const bool waits =
        std::any_of(waiting.begin(), waiting.end(), [&](const JobAtGate& one) { return one.spec.name == environment; });
    if (waits) continue;
    PENSTOCK_TRY(const std::vector<JournalEntry> known, known_journal(project, environment));
    if (ask_of(environment_state(known), own) == nullptr) continue;  // the target need not be reached
    PENSTOCK_TRY(const std::optional<EnvironmentSpec> spec, place_of(desk, run, job, file));
    if (!spec) continue;
    PENSTOCK_TRY(const EnvironmentAccess access, desk.access(*spec));
    PENSTOCK_CHECK(desk.deployments().withdraw_ask(spec->name, *access.ledger, own));
  }
  return success();
}

Result<std::string> ask_for_one(Project& project, const World& world, const StoredRun& run) {
  std::string hint;
  if (!has_rollouts(run.run)) return hint;
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, world));
  DeclaredOnce file;
  PENSTOCK_TRY(const std::vector<JobAtGate> waiting, gates_with_approvals(*desk, run, file));
  const std::string own = name_in_journal(*desk, run.header.id);
  for (const JobAtGate& gate : waiting) {
    PENSTOCK_TRY(const EnvironmentAccess access, desk->access(gate.spec));
    PENSTOCK_TRY(
        const std::vector<JournalEntry> journal,
        desk->deployments().ask_people(gate.spec.name, *access.ledger, gate.release, run.header.facts.who, own));
    if (gate.job != run.run.job(run.run.manual(true).front()).name) continue;  // the hint is about the first
    PENSTOCK_TRY(const Actor who, local_actor(project));
    const ApprovalQuestion question{*file, gate.spec.approvals, gate.release, run.header.facts.who, {}};
    hint = why_others(question, approvals_of(question, journal), who);
    if (!hint.empty()) hint += "ci approve " + gate.spec.name;
  }
  PENSTOCK_CHECK(withdraw_others(project, *desk, run, waiting, file));
  return hint;
}

void warn(const World& world, const std::string& what, const Error& error) {
  world.outputs.warning("whether " + what + " has been approved elsewhere can't be told: " + error.message);
}

}  // namespace

Result<ApprovalState> answer_ask(Project& project, const World& world, DeliveryDesk& desk, Ledger& ledger,
                                 const std::string& environment, const ApprovalQuestion& question,
                                 const GateArguments& arguments) {
  PENSTOCK_TRY(const Actor who, local_actor(project));
  if (const std::optional<std::string> why = why_not(question, who)) {
    return Error{Fault::user, "this is not yours to decide: " + *why,
                 arguments.reject && !question.rollout.empty()
                     ? "whoever asked can end it: ci rollout abort " + environment
                     : "see what it waits for: ci why " + environment};
  }
  JournalEntry entry;
  entry.at = world.clock.now();
  entry.what = arguments.reject ? JournalEntry::What::rejected : JournalEntry::What::approved;
  entry.by = who;
  entry.message = arguments.message;
  if (arguments.reject) entry.rollout = question.rollout;  // an approval belongs to the release
  PENSTOCK_TRY(const std::vector<JournalEntry> journal,
               desk.deployments().append(environment, ledger, about(question.release, std::move(entry))));
  world.outputs.err.write(question.release.name + " " + (arguments.reject ? "rejected" : "approved") + " by " +
                          who.name + " for " + environment + "\n");
  return approvals_of(question, journal);
}

Result<std::optional<JobAtGate>> gate_with_approvals(DeliveryDesk& desk, const StoredRun& run, size_t index,
                                                     DeclaredOnce& file) {
  const Job& job = run.run.job(index);
  if (!is_rollout(job)) return std::optional<JobAtGate>();
  PENSTOCK_TRY(std::optional<EnvironmentSpec> spec, place_of(desk, run, job, file));
  if (!spec || spec->approvals.required == 0 || !spec->services.empty()) return std::optional<JobAtGate>();
  PENSTOCK_TRY(Release release, desk.built(*spec, run.header.id, job.rollout->artifact));
  return std::optional(JobAtGate{job.name, *std::move(spec), std::move(release)});
}

Result<std::string> ask_for_run(Project& project, const World& world, const StoredRun& run) {
  PENSTOCK_TRY(std::string hint, ask_for_one(project, world, run));
  PENSTOCK_TRY(const std::vector<RunHeader> children, project.store().children(run.header.id));
  for (const RunHeader& header : children) {
    PENSTOCK_TRY(const StoredRun child, project.store().load(header.id));
    PENSTOCK_TRY(const std::string of_child, ask_for_run(project, world, child));
    if (hint.empty()) hint = of_child;
  }
  return hint;
}

Result<std::optional<int>> answer_elsewhere(Project& project, const World& world, const GateArguments& arguments) {
  PENSTOCK_TRY(const std::optional<EnvironmentsFile> file, declared_environments(project, world));
  if (!file) return std::optional<int>();
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, world));
  bool answered = false;
  for (const EnvironmentSpec& place : asking_places(*file, arguments.name)) {
    PENSTOCK_TRY(const bool here, answer(project, world, *desk, *file, place, arguments));
    answered = answered || here;
  }
  return answered ? std::optional<int>(kPassed) : std::nullopt;
}

Result<bool> withdraw_elsewhere(Project& project, const World& world, const std::string& environment,
                                const std::string& why) {
  PENSTOCK_TRY(const std::optional<EnvironmentsFile> file, declared_environments(project, world));
  if (!file) return false;
  PENSTOCK_TRY(const Actor who, local_actor(project));
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, world));
  bool withdrawn = false;
  for (const EnvironmentSpec& place : asking_places(*file, environment)) {
    PENSTOCK_TRY(const EnvironmentAccess access, desk->access(place));
    PENSTOCK_TRY(const std::vector<JournalEntry> journal, desk->deployments().refresh(place.name, *access.ledger));
    const std::vector<JournalEntry> asks = environment_state(journal).asks;
    const auto own =
        std::find_if(asks.rbegin(), asks.rend(), [&](const JournalEntry& ask) { return same_person(ask.by, who); });
    if (own == asks.rend()) continue;
    PENSTOCK_CHECK(desk->deployments().withdraw_ask(place.name, *access.ledger, own->rollout, why));
    world.outputs.out.write(place.name + "   " + own->name + " withdrawn\n");
    withdrawn = true;
  }
  if (withdrawn) world.outputs.hint("where it waits it ends with: ci resume, or ci watch");
  return withdrawn;
}

Result<Answered> hear_answers(Project& project, const World& world) {
  Answered answered;
  PENSTOCK_TRY(const std::vector<RolloutRecord> rollouts, waiting_rollouts(project));
  PENSTOCK_TRY(std::vector<RunHeader> runs, project.store().open_runs());
  std::erase_if(runs, [](const RunHeader& run) { return !run.summary.parked || run.summary.manual_left == 0; });
  if (rollouts.empty() && runs.empty()) return answered;
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, world));
  for (const RolloutRecord& record : rollouts) {
    const Result<bool> is_answered = has_answer(project, *desk, record);
    if (!is_answered) warn(world, record.facts.release_name, is_answered.error());
    if (is_answered && *is_answered) answered.rollouts.push_back(record);
  }
  for (const RunHeader& header : runs) {
    PENSTOCK_TRY(const bool driven, project.records.leases->is_driven(header.id));
    if (driven) continue;
    PENSTOCK_TRY(const StoredRun run, project.store().load(header.id));
    if (const Result<> heard = hear_of_run(project, world, *desk, run, answered); !heard)
      warn(world, "run " + std::to_string(header.id), heard.error());
  }
  return answered;
}

Result<int> go_on_with(Project& project, const World& world, const Answered& answered, const ResumeOptions& options) {
  int worst = kPassed;
  if (!answered.rollouts.empty()) {
    PENSTOCK_TRY(worst, resume_rollouts(project, world, answered.rollouts));
  }
  for (const int64_t run : answered.runs) {
    PENSTOCK_TRY(const int status, drive_run(project, world, run, options));
    worst = std::max(worst, status);
  }
  return worst;
}

}  // namespace penstock
