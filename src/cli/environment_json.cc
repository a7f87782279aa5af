#include "cli/environment_json.h"

#include "base/json_writer.h"
#include "cli/live_health.h"
#include "cli/record_text.h"
#include "environments/json.h"

namespace penstock {
namespace {

void write_live(JsonWriter& json, const LiveThere& live) {
  json.key("live").begin_object().optional("release", live.release).member("name", live.name);
  json.member("commit", live.commit).member("since", to_iso8601(live.since));
  write_actor(json, "by", live.by);
  json.optional("message", live.message).optional("run", live.run);
  if (!live.approvals.empty()) {
    json.key("approvals").begin_array();
    for (const JournalEntry& one : live.approvals) {
      json.begin_object().member("at", to_iso8601(one.at));
      write_actor(json, "by", one.by);
      json.optional("message", one.message).end_object();
    }
    json.end_array();
  }
  json.end_object();
}

void write_under_way(JsonWriter& json, const EnvironmentFacts& facts) {
  const RolloutRecord& record = *facts.under_way;
  json.key("under_way").begin_object().member("rollout", record.id).member("release", record.facts.release);
  json.member("name", record.facts.release_name).member("phase", record.summary.phase);
  json.optional("step", record.summary.step).optional("waits_for", record.summary.waits_for);
  json.member("watched", !facts.unwatched_since).end_object();
}

void write_entry(JsonWriter& json, const JournalEntry& entry) {
  json.begin_object().member("at", to_iso8601(entry.at)).member("release", entry.release).member("name", entry.name);
  write_actor(json, "by", entry.by);
  json.optional("message", entry.message).end_object();
}

}  // namespace

void write_environment(JsonWriter& json, const EnvironmentFacts& facts, const LiveHealth* asked) {
  json.begin_object().member("name", facts.name).member("declared", facts.spec.has_value());
  if (facts.spec) {
    json.member("tier", facts.spec->tier).optional("url", facts.spec->url);
    json.member("configuration", to_hex(configuration_digest(*facts.spec)));
  }
  if (facts.live) write_live(json, *facts.live);
  if (asked != nullptr && asked->not_reached.empty()) {
    json.key("health").begin_object().member("ready", asked->ready).member("total", asked->total);
    json.key("unwell").begin_array();
    for (const auto& [instance, why] : asked->unwell)
      json.begin_object().member("instance", instance).member("why", why).end_object();
    json.end_array().end_object();
  } else if (facts.health) {
    json.key("health").begin_object().member("ready", facts.health->ready).member("total", facts.health->total);
    json.end_object();
  }
  if (asked != nullptr) json.optional("not_reached", asked->not_reached);
  if (facts.under_way) write_under_way(json, facts);
  if (facts.keeps) {
    const RolloutRecord& record = *facts.keeps;
    json.key("kept").begin_object().member("release", record.facts.from).member("name", record.facts.from_name);
    json.member("until", to_iso8601(*record.summary.due_at)).end_object();
  }
  if (facts.state.pin) {
    json.key("pinned");
    write_entry(json, *facts.state.pin);
  }
  if (facts.freeze) {
    json.key("frozen").begin_object().member("window", facts.freeze->window);
    if (facts.freeze->until) json.member("until", to_iso8601(*facts.freeze->until));
    json.end_object();
  }
  json.key("asks").begin_array();
  for (const JournalEntry& ask : facts.state.asks) write_entry(json, ask);
  json.end_array().key("incidents").begin_array();
  for (const JournalEntry& incident : facts.state.incidents) write_entry(json, incident);
  json.end_array().end_object();
}

}  // namespace penstock
