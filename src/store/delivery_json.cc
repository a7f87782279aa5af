#include "store/delivery_json.h"

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "base/json_writer.h"

namespace penstock {
namespace {

using Json = nlohmann::json;
using What = rollout_event::Steered::What;

constexpr std::array<std::pair<What, std::string_view>, 4> kSteering = {{
    {What::pause, "pause"},
    {What::go_on, "continue"},
    {What::promote, "promote"},
    {What::abort, "abort"},
}};

void write_text(JsonWriter& writer, std::string_view name, const std::string& text) {
  if (!text.empty()) writer.member(name, text);
}

void write_flag(JsonWriter& writer, std::string_view name, bool flag) {
  if (flag) writer.member(name, true);
}

void write_instant(JsonWriter& writer, std::string_view name, const std::optional<Instant>& instant) {
  if (instant) writer.member(name, int64_t{instant->time_since_epoch().count()});
}

std::optional<Instant> read_instant(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end() || found->is_null()) return std::nullopt;
  return Instant(Duration(found->get<int64_t>()));
}

void write_actor(JsonWriter& writer, const Actor& actor) {
  writer.key("who").begin_object().member("name", actor.name).member("email", actor.email);
  write_flag(writer, "proved", actor.proved);
  writer.end_object();
}

Actor read_actor(const Json& json) {
  const auto found = json.find("who");
  if (found == json.end()) return {};
  return {found->value("name", ""), found->value("email", ""), found->value("proved", false)};
}

template <class T, class Read>
Result<T> parse(std::string_view text, Read read) {
  try {
    return read(Json::parse(text));
  } catch (const std::exception& problem) {
    return Error{Fault::machine, std::string("the state database holds a damaged rollout: ") + problem.what(), {}};
  }
}

}  // namespace

std::string to_json(const RolloutFacts& facts) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object().member("kind", facts.kind == RolloutFacts::Kind::rollback ? "rollback" : "deploy");
  writer.member("environment", facts.environment).member("release", facts.release);
  write_text(writer, "release_name", facts.release_name);
  write_text(writer, "from", facts.from);
  write_text(writer, "from_name", facts.from_name);
  write_text(writer, "commit", facts.commit);
  if (facts.run != 0) writer.member("run", facts.run);
  write_text(writer, "job", facts.job);
  write_actor(writer, facts.who);
  write_text(writer, "message", facts.message);
  write_text(writer, "override_freeze", facts.override_freeze);
  write_flag(writer, "force", facts.force);
  write_text(writer, "configuration", facts.configuration);
  write_text(writer, "configuration_digest", facts.configuration_digest);
  if (!facts.secret_versions.empty()) {
    writer.key("secrets").begin_object();
    for (const auto& [name, version] : facts.secret_versions) writer.member(name, version);
    writer.end_object();
  }
  writer.end_object();
  return text;
}

Result<RolloutFacts> rollout_facts_from_json(std::string_view text) {
  return parse<RolloutFacts>(text, [](const Json& json) {
    RolloutFacts facts;
    if (json.value("kind", "") == "rollback") facts.kind = RolloutFacts::Kind::rollback;
    facts.environment = json.value("environment", "");
    facts.release = json.value("release", "");
    facts.release_name = json.value("release_name", "");
    facts.from = json.value("from", "");
    facts.from_name = json.value("from_name", "");
    facts.commit = json.value("commit", "");
    facts.run = json.value("run", int64_t{0});
    facts.job = json.value("job", "");
    facts.who = read_actor(json);
    facts.message = json.value("message", "");
    facts.override_freeze = json.value("override_freeze", "");
    facts.force = json.value("force", false);
    facts.configuration = json.value("configuration", "");
    facts.configuration_digest = json.value("configuration_digest", "");
    if (const auto secrets = json.find("secrets"); secrets != json.end()) {
      for (const auto& [name, version] : secrets->items()) facts.secret_versions.emplace_back(name, version);
    }
    return facts;
  });
}

std::string to_json(const RolloutSummary& summary) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object().member("phase", summary.phase);
  write_flag(writer, "ended", summary.ended);
  write_flag(writer, "succeeded", summary.succeeded);
  write_flag(writer, "waits_for_person", summary.waits_for_person);
  write_text(writer, "waits_for", summary.waits_for);
  write_text(writer, "step", summary.step);
  write_text(writer, "reason", summary.reason);
  write_text(writer, "log", summary.log);
  write_instant(writer, "began_at", summary.began_at);
  write_instant(writer, "promoted_at", summary.promoted_at);
  write_instant(writer, "ended_at", summary.ended_at);
  write_instant(writer, "due_at", summary.due_at);
  writer.end_object();
  return text;
}

Result<RolloutSummary> rollout_summary_from_json(std::string_view text) {
  return parse<RolloutSummary>(text, [](const Json& json) {
    RolloutSummary summary;
    summary.phase = json.value("phase", "");
    summary.ended = json.value("ended", false);
    summary.succeeded = json.value("succeeded", false);
    summary.waits_for_person = json.value("waits_for_person", false);
    summary.waits_for = json.value("waits_for", "");
    summary.step = json.value("step", "");
    summary.reason = json.value("reason", "");
    summary.log = json.value("log", "");
    summary.began_at = read_instant(json, "began_at");
    summary.promoted_at = read_instant(json, "promoted_at");
    summary.ended_at = read_instant(json, "ended_at");
    summary.due_at = read_instant(json, "due_at");
    return summary;
  });
}

std::string to_json(const rollout_event::Steered& steered) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object();
  for (const auto& [what, name] : kSteering) {
    if (what == steered.what) writer.member("what", name);
  }
  write_actor(writer, steered.by);
  write_text(writer, "message", steered.message);
  writer.end_object();
  return text;
}

Result<rollout_event::Steered> steered_from_json(std::string_view text) {
  return parse<rollout_event::Steered>(text, [](const Json& json) {
    const std::string name = json.value("what", "");
    for (const auto& [what, known] : kSteering) {
      if (known == name) return rollout_event::Steered{what, read_actor(json), json.value("message", "")};
    }
    throw std::runtime_error("`" + name + "` steers no rollout");
  });
}

}  // namespace penstock
