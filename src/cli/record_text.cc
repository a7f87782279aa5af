#include "cli/record_text.h"

#include <string_view>

#include "base/json_writer.h"
#include "cli/stage_facts.h"

namespace penstock {
namespace {

void write_instant(JsonWriter& json, std::string_view name, const std::optional<Instant>& instant) {
  if (instant) json.member(name, to_iso8601(*instant));
}

}  // namespace

Mark mark_of(const RunSummary& summary) {
  return summary.status == Status::success && summary.warnings ? Mark::warning : mark_of(summary.status);
}

std::string status_word(const RunSummary& summary) {
  switch (summary.status) {
    case Status::success:
      return summary.manual_left > 0 ? std::to_string(summary.manual_left) + " manual left" : std::string();
    case Status::failed:
      return summary.at_stage.empty() ? "failed" : summary.at_stage;
    case Status::manual:
      return "gate";
    case Status::canceled:
      return "canceled";
    case Status::scheduled:
      return "delayed";
    default:
      return std::string(name_of(summary.status));
  }
}

void write_actor(JsonWriter& json, std::string_view name, const Actor& actor) {
  json.key(name).begin_object().member("name", actor.name).member("email", actor.email);
  json.member("proved", actor.proved).end_object();
}

void write_record_members(JsonWriter& json, const RunHeader& record) {
  const RunFacts& facts = record.facts;
  const RunSummary& summary = record.summary;
  json.member("run", record.id).member("status", name_of(summary.status)).member("warnings", summary.warnings);
  json.member("parked", summary.parked).member("manual_left", summary.manual_left);
  json.member("pipeline", facts.pipeline).member("source", facts.source).member("event", facts.event);
  if (facts.parent.run != 0) json.member("parent", facts.parent.run).member("parent_job", facts.parent.job);
  json.member("commit", facts.commit)
      .member("ref", facts.ref)
      .member("subject", facts.subject)
      .member("worktree", facts.worktree);
  write_actor(json, "by", facts.who);
  json.optional("at_stage", summary.at_stage).optional("at_job", summary.at_job);
  json.member("created_at", to_iso8601(record.created_at));
  write_instant(json, "started_at", summary.started_at);
  write_instant(json, "ended_at", summary.ended_at);
  write_instant(json, "due_at", summary.due_at);
}

}  // namespace penstock
