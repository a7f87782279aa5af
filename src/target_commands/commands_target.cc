#include "target_commands/commands_target.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <utility>

#include "base/last_lines.h"
#include "base/shell_quote.h"
#include "blobs/blob_store.h"
#include "delivery/command.h"
#include "delivery/fence.h"
#include "delivery/ledger.h"
#include "delivery/probe.h"
#include "environments/environment_spec.h"
#include "os/clock.h"
#include "os/files.h"
#include "target_commands/instance_log.h"
#include "target_commands/release_folder.h"
#include "target_commands/script_facts.h"
#include "target_commands/standing.h"

namespace penstock {
namespace {

constexpr const char* kNote = "started-by-commands";
/// A script that takes longer hangs.
constexpr Duration kScriptLimit = std::chrono::minutes(10);

class CommandsTargetHands final : public Target {
 public:
  CommandsTargetHands(CommandsTargetParts parts, CommandsTarget scripts)
      : parts_(std::move(parts)),
        scripts_(std::move(scripts)),
        releases_(parts_.blobs, parts_.folder / "releases"),
        facts_(parts_, parts_.folder / "releases", parts_.folder / "secrets") {}

  Result<> open() {
    PENSTOCK_CHECK(os::ensure_folder(parts_.folder / "logs", 0700));
    if (parts_.secrets.empty()) return success();
    PENSTOCK_CHECK(os::ensure_folder(parts_.folder / "secrets", 0700));
    for (const auto& [name, value] : parts_.secrets) {
      PENSTOCK_CHECK(os::write_atomically(parts_.folder / "secrets" / name, value, os::Durability::crash_safe, 0600));
    }
    return success();
  }

  Result<int64_t> raise_fence(const LeaseHolder& holder) override {
    UserCommand command;
    command.line = "set -e\n" + std::string(kFenceFunctions) + raise_fence_call(holder);
    command.environment = parts_.variables;
    command.folder = parts_.folder;
    PENSTOCK_TRY(const CommandOutcome outcome, run_user_command(command));
    const std::optional<int64_t> newest = outcome.status.ok() ? raised_fence(outcome.output) : std::nullopt;
    if (!newest) {
      return Error{Fault::machine, parts_.environment.name + " can't be taken over: " + last_lines(outcome.log, 1), ""};
    }
    fence_ = holder.fence;
    return *newest;
  }

  [[nodiscard]] std::optional<std::string> refused_for() override {
    const std::lock_guard lock(note_mutex_);
    return refused_for_;
  }

  Result<std::vector<rollout_event::Observed::Standing>> observe() override {
    forget_note();
    return scripts_.observe.empty() ? observe_by_note() : observe_by_script();
  }

  Result<std::optional<HostInterpreter>> interpreter(const std::string&) override {
    return std::optional<HostInterpreter>();
  }

  Result<> prepare(const std::string& host, const Release& release) override {
    PENSTOCK_CHECK(lay_out(release));
    const std::string& line = parts_.environment.application.prepare;
    if (line.empty()) return success();
    const std::filesystem::path done = prepared_mark(host, release.id);
    if (os::path_exists(done)) return success();
    os::Environment facts = facts_.of_release(release.id);
    facts["HOST"] = host;
    PENSTOCK_CHECK(run_script("prepare", line, std::move(facts), host));
    PENSTOCK_CHECK(os::ensure_folder(done.parent_path()));
    return os::write_atomically(done, "");
  }

  Result<> start(const Instance& instance) override {
    if (stands(instance)) return success();
    // Noted first: what was half started must be found, and stopped.
    PENSTOCK_CHECK(change_note([&](StandingNote& note) { note.add(instance, parts_.clock.now()); }));
    return run_script("start", scripts_.start, facts_.of_instance(instance), words_of(instance), log_of(instance));
  }

  Result<> stop(const Instance& instance) override {
    PENSTOCK_CHECK(
        run_script("stop", scripts_.stop, facts_.of_instance(instance), words_of(instance), log_of(instance)));
    return change_note([&](StandingNote& note) { note.remove(instance.address); });
  }

  Result<ProbeResult> probe(const Instance& instance, const Probe& probe, Duration timeout) override {
    if (!scripts_.check.empty() && probe == parts_.environment.readiness) {
      return check("check", scripts_.check, instance, timeout);
    }
    if (const auto* command = std::get_if<Probe::Command>(&probe.what)) {
      return check("command", command->command, instance, timeout);
    }
    const ProbePlace place{"", network_name(instance.address.host), instance.address.port};
    if (const auto* http = std::get_if<Probe::Http>(&probe.what)) return probe_http(*http, place, timeout);
    return probe_tcp(place, timeout);
  }

  Result<> shift(const TrafficSplit& split) override {
    if (scripts_.shift.empty()) return Error{Fault::internal, "nothing steers traffic here", ""};
    PENSTOCK_TRY(const StandingNote note, known_note());
    PENSTOCK_CHECK(run_script("shift", scripts_.shift, facts_.of_environment(), "", {},
                              to_json(split, parts_.environment.name, note)));
    return change_note([&](StandingNote& now) { now.shares = split.shares; });
  }

  Result<std::optional<int>> open_requests(const Instance&) override { return std::optional<int>(); }

  Result<std::string> last_log(const Instance& instance, int lines) override {
    return penstock::last_log(log_of(instance), lines);
  }
  Result<> follow_log(const Instance& instance, std::stop_token stop,
                      const std::function<bool(std::string_view)>& line) override {
    return penstock::follow_log(log_of(instance), std::move(stop), line);
  }

  Result<> tidy(const std::string&, const std::vector<std::string>& keep_releases) override {
    PENSTOCK_CHECK(releases_.tidy(keep_releases));
    return parts_.ledger.tidy_files(keep_releases);
  }

  Result<> watch_requests(std::stop_token, const std::function<void(const ServedRequest&)>&) override {
    return Error{Fault::user, "nothing counts requests where commands are the target",
                 "judge by prometheus, http_json or command metrics"};
  }

  Result<int> attend(const Instance& instance, const std::string& command, std::stop_token stop,
                     const AttendedOutput& printed) override {
    UserCommand line;
    line.line = command;
    line.environment = facts_.of_instance(instance);
    line.folder = parts_.work;
    line.printed = &printed;
    line.stop = std::move(stop);
    PENSTOCK_TRY(const CommandOutcome outcome, run_user_command(line));
    constexpr int kBySignal = 128;  // what a shell adds to its number
    return outcome.status.signal != 0 ? kBySignal + outcome.status.signal : outcome.status.code;
  }

  Result<std::string> run(const std::string& host, const std::string& command,
                          const std::vector<std::pair<std::string, std::string>>& variables) override {
    os::Environment facts = facts_.of_environment();
    facts["HOST"] = host;
    for (const auto& [name, value] : variables) facts[name] = value;
    PENSTOCK_TRY(CommandOutcome outcome, run_line("command", command, std::move(facts), host));
    return std::move(outcome.output);
  }

 private:
  static std::string words_of(const Instance& instance) {
    return instance.address.host + ":" + std::to_string(instance.address.port);
  }
  /// What a host is called on the network: `local` is this machine, a user's name is ssh's.
  static std::string network_name(const std::string& host) {
    if (host == "local") return "127.0.0.1";
    const size_t at = host.find('@');
    return at == std::string::npos ? host : host.substr(at + 1);
  }

  [[nodiscard]] std::filesystem::path log_of(const Instance& instance) const {
    return parts_.folder / "logs" / (facts_.name_of(instance) + ".log");
  }
  [[nodiscard]] std::filesystem::path prepared_mark(const std::string& host, const std::string& release) const {
    return parts_.folder / "prepared" / release / to_hex(sha256(host)).substr(0, 16);
  }

  /// What this clone didn't build comes from the environment's folder, and what it did goes there, for other clones.
  Result<> lay_out(const Release& release) {
    const std::lock_guard lock(lay_out_mutex_);
    for (const ReleaseFile& file : release.artifacts) {
      if (parts_.blobs.has(file.digest)) continue;
      PENSTOCK_TRY(const std::optional<std::string> content, parts_.ledger.file(release.id, file.digest));
      if (!content) {
        return Error{Fault::user,
                     file.name + " of " + release.name + " is neither here nor in the environment's folder",
                     "deploy it from the clone that built it"};
      }
      PENSTOCK_CHECK(put(parts_.blobs, *content));
    }
    PENSTOCK_CHECK(releases_.lay_out(release));
    if (!shared_.insert(release.id).second) return success();
    for (const ReleaseFile& file : release.artifacts)
      PENSTOCK_CHECK(parts_.ledger.put_file(release.id, file.digest, releases_.of(release.id) / file.name));
    return success();
  }

  Result<CommandOutcome> run_line(const std::string& what, const std::string& line, os::Environment facts,
                                  const std::string& where, const std::filesystem::path& log = {},
                                  std::string input = {}) {
    UserCommand command;
    command.line = line;
    command.environment = std::move(facts);
    command.folder = parts_.work;
    command.input = std::move(input);
    command.log_file = log;
    command.limit = kScriptLimit;
    const std::string name =
        "the " + what + " command of " + parts_.environment.name + (where.empty() ? std::string() : " for " + where);
    Result<CommandOutcome> outcome = run_user_command(command);
    if (!outcome.ok()) {
      Error error = outcome.error();
      error.message = name + ": " + error.message;
      return error;
    }
    if (outcome->status.ok()) return outcome;
    const std::string last = last_lines(outcome->log, 1);
    return Error{Fault::job, name + " ended with " + os::to_words(outcome->status) + (last.empty() ? "" : ": " + last),
                 ""};
  }

  /// A script that changes something: not where somebody newer has the environment, in whichever clone, and nobody
  /// newer begins in this one before it has ended.
  Result<> run_script(const std::string& what, const std::string& line, os::Environment facts, const std::string& where,
                      const std::filesystem::path& log = {}, std::string input = {}) {
    PENSTOCK_CHECK(still_ours());
    const std::string number = std::to_string(fence_);
    facts["PENSTOCK_FENCE"] = number;
    const std::string held =
        kFenceFunctions + ("back=$PWD; cd " + single_quoted(parts_.folder.string()) + " || exit\nhold_fence " + number +
                           "\ncd \"$back\" || exit\n/bin/sh -c " + single_quoted(line) + " 8>&-");
    const Result<CommandOutcome> outcome =
        run_line(what, fence_ == 0 ? line : held, std::move(facts), where, log, std::move(input));
    if (outcome.ok()) return success();
    (void)still_ours();  // it may be why
    return outcome.error();
  }

  Result<> still_ours() {
    if (fence_ == 0) return success();
    PENSTOCK_TRY(const std::optional<std::string> by, parts_.ledger.newer_than(fence_));
    if (!by) return success();
    const std::lock_guard lock(note_mutex_);
    refused_for_ = by;
    return Error{Fault::user, parts_.environment.name + " belongs to " + *by + " now", ""};
  }

  /// Ready where it exits 0.
  Result<ProbeResult> check(const std::string& what, const std::string& line, const Instance& instance,
                            Duration timeout) {
    UserCommand command;
    command.line = line;
    command.environment = facts_.of_instance(instance);
    command.folder = parts_.work;
    command.limit = timeout;
    const Result<CommandOutcome> outcome = run_user_command(command);
    if (!outcome.ok()) return ProbeResult{false, what + ": " + outcome.error().message};
    if (outcome->status.ok()) return ProbeResult{true, what + ": exit status 0"};
    const std::string last = last_lines(outcome->log, 1);
    return ProbeResult{false, what + ": " + os::to_words(outcome->status) + (last.empty() ? "" : ", " + last)};
  }

  /// What is noted, as it was read last: nobody but the lease's holder changes it, and `observe` reads it anew.
  Result<StandingNote> known_note() {
    const std::lock_guard lock(note_mutex_);
    PENSTOCK_CHECK(read_note());
    return *note_;
  }

  template <class Change>
  Result<> change_note(Change change) {
    const std::lock_guard lock(note_mutex_);
    PENSTOCK_CHECK(read_note());
    StandingNote changed = *note_;
    change(changed);
    note_.reset();
    PENSTOCK_CHECK(parts_.ledger.put_note(kNote, to_json(changed), fence_));
    note_ = std::move(changed);
    return success();
  }

  void forget_note() {
    const std::lock_guard lock(note_mutex_);
    note_.reset();
  }

  /// Under the lock.
  Result<> read_note() {
    if (note_) return success();
    PENSTOCK_TRY(const std::optional<std::string> text, parts_.ledger.note(kNote));
    if (!text) {
      note_.emplace();
    } else {
      PENSTOCK_TRY(note_, standing_note_from_json(*text));
    }
    return success();
  }

  /// Whether exactly this was started before and is well.
  bool stands(const Instance& instance) {
    const Result<StandingNote> note = known_note();
    const StartedInstance* started = note.ok() ? note->find(instance.address) : nullptr;
    if (started == nullptr || started->instance.release != instance.release) return false;
    return is_well(instance);
  }

  bool is_well(const Instance& instance) {
    const Result<ProbeResult> result =
        probe(instance, parts_.environment.readiness, parts_.environment.rollout.health.timeout);
    return result.ok() && result->ok;
  }

  Result<std::vector<rollout_event::Observed::Standing>> observe_by_note() {
    PENSTOCK_TRY(const StandingNote note, known_note());
    std::vector<rollout_event::Observed::Standing> standing;
    for (const StartedInstance& started : note.instances) {
      // One that was started a moment ago has its time still to become ready.
      const bool is_new = parts_.clock.now() - started.at < parts_.environment.rollout.health.start_within;
      standing.push_back(
          {started.instance, is_new || is_well(started.instance), note.weight_of(started.instance.address)});
    }
    return standing;
  }

  Result<std::vector<rollout_event::Observed::Standing>> observe_by_script() {
    PENSTOCK_TRY(const CommandOutcome outcome, run_line("observe", scripts_.observe, facts_.of_environment(), ""));
    const Result<std::vector<ObservedInstance>> observed = observed_from_json(outcome.output);
    if (!observed.ok()) {
      return Error{Fault::job,
                   "what the observe command of " + parts_.environment.name + " printed is no " +
                       observed.error().message.substr(std::string("the ").size()),
                   R"(it prints a list of {"host": "web1", "port": 8000, "release": "$RELEASE"})"};
    }
    std::vector<rollout_event::Observed::Standing> standing;
    for (const ObservedInstance& one : *observed) standing.push_back({one.instance, one.running, one.weight});
    return standing;
  }

  const CommandsTargetParts parts_;
  const CommandsTarget scripts_;
  ReleaseFolder releases_;
  ScriptFacts facts_;
  std::mutex lay_out_mutex_;
  std::set<std::string> shared_;  ///< Releases whose files the environment's folder has.
  std::mutex note_mutex_;
  std::optional<StandingNote> note_;
  std::optional<std::string> refused_for_;
  std::atomic<int64_t> fence_ = 0;
};

}  // namespace

Result<std::unique_ptr<Target>> make_commands_target(CommandsTargetParts parts) {
  const auto* given = std::get_if<CommandsTarget>(&parts.environment.target);
  if (given == nullptr) return Error{Fault::internal, parts.environment.name + " isn't deployed by commands", ""};
  CommandsTarget scripts = *given;
  if (std::holds_alternative<HaproxySpec>(parts.environment.traffic)) {
    return Error{Fault::user, "environment " + parts.environment.name + ": HAProxy is steered for `target: hosts` only",
                 "steer it by a `shift` command, or use `target: hosts`"};
  }
  if (const auto* traffic = std::get_if<TrafficCommand>(&parts.environment.traffic); traffic && scripts.shift.empty()) {
    scripts.shift = traffic->command;
  }
  auto target = std::make_unique<CommandsTargetHands>(std::move(parts), std::move(scripts));
  PENSTOCK_CHECK(target->open());
  return std::unique_ptr<Target>(std::move(target));
}

}  // namespace penstock
