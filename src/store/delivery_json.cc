#include "store/delivery_json.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json_writer.h"
#include "engine/json.h"
#include "engine/json_reader.h"

namespace penstock {
namespace {

using json_reading::Json;
using json_reading::Members;
using What = rollout_event::Steered::What;

constexpr std::array<std::pair<What, std::string_view>, 4> kSteering = {{
    {What::pause, "pause"},
    {What::go_on, "continue"},
    {What::promote, "promote"},
    {What::abort, "abort"},
}};

std::optional<What> steering_of(std::string_view word) {
  for (const auto& [what, name] : kSteering) {
    if (name == word) return what;
  }
  return std::nullopt;
}

template <class T, class Read>
Result<T> parse(std::string_view text, Read read) {
  return json_reading::parse_stored(text, "stored rollout", [&](const Json& json) {
    T value;
    Members members(json);
    read(members, value);
    return value;
  });
}

/// The members that are written where they say something, and need not be there to be read.
template <class Members, class Summary>
void summary_fields(Members& members, Summary& summary) {
  members.optional("ended", summary.ended);
  members.optional("succeeded", summary.succeeded);
  members.optional("waits_for_person", summary.waits_for_person);
  members.optional("waits_for", summary.waits_for);
  members.optional("step", summary.step);
  members.optional("reason", summary.reason);
  members.optional("log", summary.log);
  members.optional("began_at", summary.began_at);
  members.optional("promoted_at", summary.promoted_at);
  members.optional("ended_at", summary.ended_at);
  members.optional("due_at", summary.due_at);
}

}  // namespace

std::string_view to_string(RolloutFacts::Kind kind) {
  switch (kind) {
    case RolloutFacts::Kind::deploy:
      return "deploy";
    case RolloutFacts::Kind::rollback:
      return "rollback";
    case RolloutFacts::Kind::return_:
      return "return";
  }
  return "";
}

std::string to_json(const RolloutFacts& facts) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object().member("kind", to_string(facts.kind));
  writer.member("environment", facts.environment).member("release", facts.release);
  writer.optional("release_name", facts.release_name);
  writer.optional("group", facts.group);
  writer.optional("from", facts.from);
  writer.optional("from_name", facts.from_name);
  writer.optional("commit", facts.commit);
  writer.optional("run", facts.run);
  writer.optional("job", facts.job);
  write_json(writer.key("who"), facts.who);
  writer.optional("message", facts.message);
  writer.optional("override_freeze", facts.override_freeze);
  writer.optional("force", facts.force);
  writer.optional("configuration", facts.configuration);
  writer.optional("configuration_digest", facts.configuration_digest);
  if (!facts.secret_versions.empty()) {
    writer.key("secrets").begin_object();
    for (const auto& [name, version] : facts.secret_versions) writer.member(name, version);
    writer.end_object();
  }
  writer.end_object();
  return text;
}

Result<RolloutFacts> rollout_facts_from_json(std::string_view text) {
  return parse<RolloutFacts>(text, [](Members& members, RolloutFacts& facts) {
    std::string kind;
    members.optional("kind", kind);
    for (const auto known : {RolloutFacts::Kind::rollback, RolloutFacts::Kind::return_}) {
      if (kind == to_string(known)) facts.kind = known;
    }
    members.optional("group", facts.group);
    members.optional("environment", facts.environment);
    members.optional("release", facts.release);
    members.optional("release_name", facts.release_name);
    members.optional("from", facts.from);
    members.optional("from_name", facts.from_name);
    members.optional("commit", facts.commit);
    members.optional("run", facts.run);
    members.optional("job", facts.job);
    members.optional("who", facts.who);
    members.optional("message", facts.message);
    members.optional("override_freeze", facts.override_freeze);
    members.optional("force", facts.force);
    members.optional("configuration", facts.configuration);
    members.optional("configuration_digest", facts.configuration_digest);
    members.with("secrets", [&](const Json& secrets) {
      if (!secrets.is_object()) json_reading::refuse("an object is expected");
      for (const auto& item : secrets.items()) {
        auto& [name, version] = facts.secret_versions.emplace_back(item.key(), 0);
        json_reading::read_json(item.value(), version);
      }
    });
  });
}

std::string to_json(const RolloutSummary& summary) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object().member("phase", summary.phase);
  summary_fields(writer, summary);
  writer.end_object();
  return text;
}

Result<RolloutSummary> rollout_summary_from_json(std::string_view text) {
  return parse<RolloutSummary>(text, [](Members& members, RolloutSummary& summary) {
    members.optional("phase", summary.phase);
    summary_fields(members, summary);
  });
}

std::string to_json(const rollout_event::Steered& steered) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object();
  for (const auto& [what, name] : kSteering) {
    if (what == steered.what) writer.member("what", name);
  }
  write_json(writer.key("who"), steered.by);
  writer.optional("message", steered.message);
  writer.end_object();
  return text;
}

Result<rollout_event::Steered> steered_from_json(std::string_view text) {
  return parse<rollout_event::Steered>(text, [](Members& members, rollout_event::Steered& steered) {
    members.with("what", [&](const Json& json) { json_reading::read_word(json, steered.what, steering_of); });
    members.optional("who", steered.by);
    members.optional("message", steered.message);
  });
}

}  // namespace penstock
