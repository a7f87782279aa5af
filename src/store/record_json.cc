#include "store/record_json.h"

#include "base/json_writer.h"
#include "engine/json.h"
#include "engine/json_reader.h"
#include "protocol/stored_values.h"

namespace penstock {
namespace {

using json_reading::Json;
using json_reading::Members;

template <class T, class Read>
Result<T> parse(std::string_view text, std::string_view what, Read read) {
  return json_reading::parse_stored(text, what, [&](const Json& json) {
    T value;
    Members members(json);
    read(members, value);
    return value;
  });
}

/// The members that are written where they say something, and need not be there to be read.
template <class Members, class Summary>
void summary_fields(Members& members, Summary& summary) {
  members.optional("warnings", summary.warnings);
  members.optional("parked", summary.parked);
  members.optional("started_at", summary.started_at);
  members.optional("ended_at", summary.ended_at);
  members.optional("due_at", summary.due_at);
  members.optional("at_stage", summary.at_stage);
  members.optional("at_job", summary.at_job);
  members.optional("manual_left", summary.manual_left);
}

}  // namespace

std::string to_json(const RunFacts& facts) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object();
  writer.optional("pipeline", facts.pipeline);
  writer.optional("source", facts.source);
  writer.optional("repository", facts.repository);
  writer.optional("commit", facts.commit);
  writer.optional("ref", facts.ref);
  writer.optional("subject", facts.subject);
  writer.optional("event", facts.event);
  write_json(writer.key("who"), facts.who);
  writer.optional("worktree", facts.worktree);
  writer.optional("worktree_layer", facts.worktree_layer);
  if (!facts.selected.empty()) {
    writer.key("selected").begin_array();
    for (const std::string& name : facts.selected) writer.value(name);
    writer.end_array();
  }
  if (facts.parent.run != 0) {
    writer.key("parent").begin_object().member("run", facts.parent.run).member("job", facts.parent.job);
    writer.optional("waits", facts.parent.waits).member("depth", facts.parent.depth).end_object();
  }
  writer.end_object();
  return text;
}

Result<RunFacts> run_facts_from_json(std::string_view text) {
  return parse<RunFacts>(text, "run", [](Members& members, RunFacts& facts) {
    members.optional("pipeline", facts.pipeline);
    members.optional("source", facts.source);
    members.optional("repository", facts.repository);
    members.optional("commit", facts.commit);
    members.optional("ref", facts.ref);
    members.optional("subject", facts.subject);
    members.optional("event", facts.event);
    members.optional("who", facts.who);
    members.optional("worktree", facts.worktree);
    members.optional("worktree_layer", facts.worktree_layer);
    members.optional("selected", facts.selected);
    members.with("parent", [&](const Json& json) {
      Members parent(json);
      parent.required("run", facts.parent.run);
      parent.required("job", facts.parent.job);
      parent.optional("waits", facts.parent.waits);
      parent.required("depth", facts.parent.depth);
      parent.finish();
    });
  });
}

std::string to_json(const RunSummary& summary) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object().member("status", name_of(summary.status));
  summary_fields(writer, summary);
  writer.end_object();
  return text;
}

Result<RunSummary> run_summary_from_json(std::string_view text) {
  return parse<RunSummary>(text, "run", [](Members& members, RunSummary& summary) {
    members.required("status", summary.status);
    summary_fields(members, summary);
  });
}

std::string to_json(const EnvironmentRecord& record) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object();
  writer.member("environment", record.environment).member("action", record.action).member("run", record.run);
  writer.member("attempt_id", record.attempt_id).member("job", record.job);
  writer.optional("commit", record.commit);
  writer.optional("url", record.url);
  writer.member("at", record.at);
  write_json(writer.key("by"), record.by);
  writer.optional("message", record.message);
  writer.member("passed", record.passed).key("artifacts").begin_array();
  for (const Digest& digest : record.artifacts) writer.value(to_hex(digest));
  writer.end_array().end_object();
  return text;
}

Result<EnvironmentRecord> environment_record_from_json(std::string_view text) {
  return parse<EnvironmentRecord>(text, "environment record", [](Members& members, EnvironmentRecord& record) {
    members.optional("environment", record.environment);
    members.optional("action", record.action);
    members.optional("run", record.run);
    members.optional("attempt_id", record.attempt_id);
    members.optional("job", record.job);
    members.optional("commit", record.commit);
    members.optional("url", record.url);
    members.optional("at", record.at);
    members.optional("by", record.by);
    members.optional("message", record.message);
    members.optional("passed", record.passed);
    members.optional("artifacts", record.artifacts);
  });
}

std::string to_json(const KeptArtifact& artifact) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object().member("kind", artifact.kind).member("name", artifact.name);
  writer.member("tree", to_hex(artifact.tree)).member("files", artifact.files).member("bytes", artifact.bytes);
  writer.optional("expires_at", artifact.expires_at);
  writer.end_object();
  return text;
}

Result<KeptArtifact> kept_artifact_from_json(std::string_view text) {
  return parse<KeptArtifact>(text, "artifact record", [](Members& members, KeptArtifact& artifact) {
    members.optional("kind", artifact.kind);
    members.optional("name", artifact.name);
    members.required("tree", artifact.tree);
    members.optional("files", artifact.files);
    members.optional("bytes", artifact.bytes);
    members.optional("expires_at", artifact.expires_at);
  });
}

}  // namespace penstock
