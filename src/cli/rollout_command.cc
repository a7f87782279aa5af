#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "base/json_writer.h"
#include "base/suggest.h"
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/delivery_desk.h"
#include "cli/environment_facts.h"
#include "cli/rollout_display.h"
#include "cli/rollout_view.h"
#include "cli/rollouts_of_runs.h"
#include "cli/run_machine.h"
#include "cli/table.h"
#include "cli/when.h"
#include "environments/compile.h"
#include "environments/json.h"
#include "os/clock.h"
#include "store/driver_lease.h"

namespace penstock {
namespace {

using Verb = RolloutArguments::Verb;
constexpr size_t kRolloutsOfService = 100;

Mark mark_of(const RolloutSummary& summary) {
  if (summary.succeeded) return Mark::passed;
  if (summary.phase == "superseded") return Mark::skipped;
  if (summary.ended) return Mark::failed;
  return summary.waits_for_person ? Mark::person : summary.waits_for.empty() ? Mark::running : Mark::waiting;
}

/// under_way_of an environment; of any without a name.
Result<std::optional<RolloutRecord>> under_way(Project& project, const std::string& environment) {
  PENSTOCK_TRY(std::vector<RolloutRecord> open, project.store().open_rollouts());
  if (!environment.empty())
    std::erase_if(open, [&](const RolloutRecord& one) { return one.facts.environment != environment; });
  std::reverse(open.begin(), open.end());
  const RolloutRecord* const found = under_way_of(open);
  return found != nullptr ? std::optional(*found) : std::nullopt;
}

/// Lines about the rollouts of its environment that wait while this one is shown.
Result<std::string> waiting_behind(Project& project, const RolloutRecord& shown) {
  PENSTOCK_TRY(const std::vector<RolloutRecord> open, project.store().open_rollouts());
  std::string text;
  for (const RolloutRecord& one : open) {
    if (one.id == shown.id || one.facts.environment != shown.facts.environment || one.summary.began_at) continue;
    text += "\n  " + one.facts.release_name + " waits (rollout " + std::to_string(one.id) + ")" +
            (one.summary.waits_for.empty() ? "" : ": for " + one.summary.waits_for) + "\n";
  }
  return text;
}

/// A rollout by its number, or the one of an environment that is under way, else its newest; without a name of any.
Result<RolloutRecord> find(Project& project, const std::string& name) {
  SqliteStore& store = project.store();
  int64_t number = 0;
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (!name.empty() && problem == std::errc() && end == name.data() + name.size()) {
    PENSTOCK_TRY(StoredRollout stored, store.load_rollout(number));
    return std::move(stored.record);
  }
  PENSTOCK_TRY(std::optional<RolloutRecord> open, under_way(project, name));
  if (open) return *std::move(open);
  PENSTOCK_TRY(std::vector<RolloutRecord> found, store.rollouts(name, 1));
  if (!found.empty()) return std::move(found.front());
  if (name.empty()) return Error{Fault::user, "there is no rollout yet", "begin one: ci deploy ENVIRONMENT"};
  Error error{Fault::user, "nothing was rolled out to `" + name + "` from here", "see what was: ci rollout list"};
  PENSTOCK_TRY(const std::vector<RolloutRecord> all, store.rollouts("", 100));
  std::vector<std::string_view> names;
  for (const RolloutRecord& record : all) names.push_back(record.facts.environment);
  if (const auto near = did_you_mean(name, names)) error.help = "did you mean `" + *near + "`?";
  return error;
}

void write_json(JsonWriter& json, const RolloutRecord& record, bool driven,
                const std::vector<RolloutRecord>& services = {}) {
  const RolloutFacts& facts = record.facts;
  const RolloutSummary& summary = record.summary;
  json.begin_object().member("id", record.id).member("environment", facts.environment);
  json.member("kind", to_string(facts.kind));
  if (facts.group != 0) json.member("group", facts.group);
  json.member("release", facts.release).member("name", facts.release_name).member("from", facts.from);
  json.member("commit", facts.commit).member("by", facts.who.name).member("message", facts.message);
  json.member("phase", summary.phase).member("ended", summary.ended).member("succeeded", summary.succeeded);
  json.member("driven", driven).member("waits_for", summary.waits_for).member("step", summary.step);
  json.member("reason", summary.reason).member("created_at", to_iso8601(record.created_at));
  if (summary.began_at) json.member("began_at", to_iso8601(*summary.began_at));
  if (summary.promoted_at) json.member("promoted_at", to_iso8601(*summary.promoted_at));
  if (summary.ended_at) json.member("ended_at", to_iso8601(*summary.ended_at));
  if (!services.empty()) {
    json.key("services").begin_array();
    for (const RolloutRecord& service : services) {
      json.begin_object().member("environment", service.facts.environment).member("rollout", service.id);
      json.member("kind", to_string(service.facts.kind)).member("name", service.facts.release_name);
      json.member("phase", service.summary.phase).member("reason", service.summary.reason).end_object();
    }
    json.end_array();
  }
  json.end_object();
}

Result<bool> is_driven(Project& project, const RolloutRecord& record) {
  if (record.summary.ended) return false;
  return project.records.rollout_leases->is_driven(record.id);
}

Result<int> list(Project& project, const RolloutArguments& arguments, const World& world) {
  PENSTOCK_TRY(const std::vector<RolloutRecord> records,
               project.store().rollouts(arguments.name, static_cast<size_t>(arguments.limit)));
  const Output& out = world.outputs.out;
  if (arguments.json) {
    std::string text;
    JsonWriter json(text, 2);
    json.begin_array();
    for (const RolloutRecord& record : records) {
      PENSTOCK_TRY(const bool driven, is_driven(project, record));
      write_json(json, record, driven);
    }
    json.end_array();
    out.write(text + "\n");
    return static_cast<int>(kPassed);
  }
  if (records.empty()) {
    world.outputs.hint("nothing was rolled out from here yet: ci deploy ENVIRONMENT");
    return static_cast<int>(kPassed);
  }
  Table table({{"ROLLOUT", true},
               {"STATUS"},
               {"ENVIRONMENT", false, true},
               {"RELEASE", false, true},
               {"COMMIT"},
               {"BY", false, true},
               {"WHEN"},
               {"TOOK", true}});
  for (const RolloutRecord& record : records) {
    const RolloutSummary& summary = record.summary;
    const bool took = summary.began_at && summary.ended_at;
    table.add({std::to_string(record.id),
               {mark_of(summary), phase_words(summary)},
               record.facts.environment,
               record.facts.release_name,
               record.facts.commit.substr(0, 7),
               record.facts.who.name,
               to_when(record.created_at, world.clock.now()),
               took ? to_words(*summary.ended_at - *summary.began_at) : std::string()});
  }
  out.write(table.render(out.style, out.width()));
  return static_cast<int>(kPassed);
}

Result<> tell_story(Project& project, const RolloutRecord& record, const Output& out) {
  PENSTOCK_TRY(const std::vector<RolloutLine> lines, project.store().lines(record.id));
  if (!lines.empty()) out.write("\n");
  for (const RolloutLine& line : lines) out.write("  " + to_clock(line.at, true) + "  " + line.text + "\n");
  if (record.summary.ended && !record.summary.succeeded && !record.summary.reason.empty()) {
    const bool says_so = record.summary.phase == "superseded";  // the reason does
    out.write("\n  " + (says_so ? "" : phase_words(record.summary) + ": ") + record.summary.reason + "\n");
  }
  return success();
}

/// The services' rollouts of one for all of them, in their order.
Result<std::vector<RolloutRecord>> services_of(Project& project, const RolloutRecord& record) {
  std::vector<RolloutRecord> found;
  if (!record.facts.release.empty()) return found;
  PENSTOCK_TRY(const EnvironmentSpec spec, environment_from_json(record.facts.configuration));
  for (const ServiceSpec& service : spec.services) {
    PENSTOCK_TRY(std::vector<RolloutRecord> known,
                 project.store().rollouts(service_environment(spec.name, service.name), kRolloutsOfService));
    const auto own = std::find_if(known.begin(), known.end(),
                                  [&](const RolloutRecord& one) { return one.facts.group == record.id; });
    if (own != known.end()) found.push_back(std::move(*own));
  }
  return found;
}

/// How the release of several services stands: a line each.
std::string draw_services(const RolloutRecord& whole, const std::vector<RolloutRecord>& services, const Output& out,
                          Instant now) {
  Table table({{"SERVICE", false, true}, {"STATUS"}, {"RELEASE", false, true}, {"ROLLOUT", true}, {"", false, true}});
  const size_t prefix = whole.facts.environment.size() + 1;
  for (const RolloutRecord& record : services) {
    const RolloutSummary& summary = record.summary;
    const bool back = record.facts.kind == RolloutFacts::Kind::return_;
    const bool waits = !summary.began_at && !summary.ended;
    const std::string word = waits  ? "waiting"
                             : back ? (summary.succeeded ? "taken back" : "returning")
                                    : phase_words(summary);
    const Mark mark = waits && !summary.waits_for_person ? Mark::waiting
                      : back && summary.succeeded        ? Mark::failed
                                                         : mark_of(summary);
    const std::string detail = !summary.waits_for.empty() ? "waits for " + summary.waits_for
                               : summary.ended            ? summary.reason
                                                          : summary.step;
    table.add({record.facts.environment.substr(prefix),
               {mark, word},
               record.facts.release_name,
               std::to_string(record.id),
               detail});
  }
  const Instant end = whole.summary.ended_at.value_or(now);
  const std::string took = to_words(end - whole.summary.began_at.value_or(end));
  return whole.facts.environment + " · " + whole.summary.step + " · " + took + "\n\n" +
         table.render(out.style, out.width());
}

Result<int> status(Project& project, const RolloutArguments& arguments, const World& world) {
  PENSTOCK_TRY(const RolloutRecord record, find(project, arguments.name));
  PENSTOCK_TRY(const StoredRollout stored, project.store().load_rollout(record.id));
  PENSTOCK_TRY(const bool driven, is_driven(project, record));
  PENSTOCK_TRY(const std::vector<RolloutRecord> services, services_of(project, record));
  const Output& out = world.outputs.out;
  if (arguments.json) {
    std::string text;
    JsonWriter json(text, 2);
    write_json(json, record, driven, services);
    out.write(text + "\n");
    return static_cast<int>(kPassed);
  }
  if (!services.empty()) {
    out.write(draw_services(record, services, out, world.clock.now()));
    if (!driven && !record.summary.ended && !is_parked(record)) out.write("\n  nobody watches it: ci resume\n");
    PENSTOCK_CHECK(tell_story(project, record, out));
    PENSTOCK_TRY(const std::string waiting, waiting_behind(project, record));
    out.write(waiting);
    return static_cast<int>(kPassed);
  }
  PENSTOCK_TRY(const EnvironmentSpec spec, environment_from_json(record.facts.configuration));
  RolloutView view;
  if (!stored.state.empty()) {
    PENSTOCK_TRY(const Rollout rollout, Rollout::from_json(stored.state));
    view = rollout.view();
  } else {
    view.waits_for = record.summary.waits_for;
    view.reason = record.summary.reason;
  }
  RolloutPicture picture = picture_of(record, view, world.clock.now());
  picture.strategy = name_of(spec.rollout.strategy);
  picture.watched = driven || record.summary.ended || stored.state.empty();
  constexpr size_t kPiped = 100;
  for (const std::string& line : draw(picture, out.style, out.is_terminal ? out.width() : kPiped)) {
    out.write(line + "\n");
  }
  PENSTOCK_CHECK(tell_story(project, record, out));
  PENSTOCK_TRY(const std::string waiting, waiting_behind(project, record));
  out.write(waiting);
  return static_cast<int>(kPassed);
}

rollout_event::Steered::What wish_of(Verb verb) {
  using What = rollout_event::Steered::What;
  if (verb == Verb::pause) return What::pause;
  if (verb == Verb::promote) return What::promote;
  return verb == Verb::abort ? What::abort : What::go_on;
}

/// What becomes of a wish for one that hasn't begun, and that nobody drives.
std::string noted(const RolloutRecord& record, const std::string& named, Verb verb) {
  const RolloutSummary& summary = record.summary;
  std::string text = named + (record.facts.release.empty() ? " waits" : " hasn't begun");
  if (!summary.waits_for.empty()) text += (text.ends_with("waits") ? " for " : ": it waits for ") + summary.waits_for;
  text += verb == Verb::pause ? ". It will pause as soon as it goes on" : ". Your word is kept until it goes on";
  return text + (is_parked(record) ? "" : ": ci resume");
}

/// Whether `ci rollout continue` has anything to take back.
Result<bool> is_to_pause(Project& project, const RolloutRecord& record) {
  PENSTOCK_TRY(const std::vector<PostedSteering> wishes, project.store().steering(record.id));
  return std::any_of(wishes.begin(), wishes.end(), [](const PostedSteering& wish) {
    return wish.steered.what == rollout_event::Steered::What::pause;
  });
}

/// Leaves the wish for the driver. Where there is none this process becomes it, but for one that waits at its gate.
Result<int> steer(Project& project, const RolloutArguments& arguments, const World& world) {
  if (arguments.verb == Verb::abort && !arguments.name.empty()) {
    PENSTOCK_TRY(const std::optional<RolloutRecord> here, under_way(project, arguments.name));
    PENSTOCK_TRY(const bool withdrawn,
                 here ? Result<bool>(false) : withdraw_elsewhere(project, world, arguments.name, arguments.message));
    if (withdrawn) return static_cast<int>(kPassed);
  }
  PENSTOCK_TRY(const RolloutRecord record, find(project, arguments.name));
  const RolloutSummary& summary = record.summary;
  const std::string named = "rollout " + std::to_string(record.id) + " of " + record.facts.environment;
  if (summary.ended) {
    return Error{Fault::user, named + " has ended: " + phase_words(summary),
                 "see it with: ci rollout status " + std::to_string(record.id)};
  }
  const bool waits = !summary.began_at || (record.facts.release.empty() && !summary.waits_for.empty());
  if (arguments.verb == Verb::go_on && !summary.began_at) {
    PENSTOCK_TRY(const bool may_go_on, is_to_pause(project, record));
    if (!may_go_on) {
      return Error{Fault::user, named + " hasn't begun, so there is nothing to go on with",
                   summary.waits_for.empty() ? "see what it waits for: ci why " + record.facts.environment
                                             : "it waits for " + summary.waits_for};
    }
  }
  PENSTOCK_TRY(const Actor who, local_actor(project));
  PENSTOCK_CHECK(project.store().post_steering(record.id, {wish_of(arguments.verb), who, arguments.message}));
  const int64_t driver = driven_as(record);
  PENSTOCK_TRY(const bool driven, project.records.rollout_leases->is_driven(driver));
  if (driven) {
    project.records.rollout_leases->wake(record.id);
    project.records.rollout_leases->wake(driver);
    world.outputs.hint("told the ci that drives " + named);
    return static_cast<int>(kPassed);
  }
  if (waits && arguments.verb != Verb::abort) {
    world.outputs.hint(noted(record, named, arguments.verb));
    return static_cast<int>(kPassed);
  }
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, world));
  const bool aborts = arguments.verb == Verb::abort;
  PENSTOCK_TRY(const int status, desk->drive_and_report(record.id, {.ends_as_asked = aborts}));
  PENSTOCK_TRY(const int of_run, go_on_with_run(project, world, record.facts.run, status));
  return aborts ? status : of_run;
}

Result<int> watch_or_steer(const RolloutArguments& arguments, const World& world) {
  PENSTOCK_TRY(Project project, open_project(world));
  if (arguments.verb == Verb::list) return list(project, arguments, world);
  if (arguments.verb == Verb::status) return status(project, arguments, world);
  return steer(project, arguments, world);
}

}  // namespace

int execute(const RolloutArguments& arguments, World& world) {
  const auto status = watch_or_steer(arguments, world);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
