#include "store/record_json.h"

#include <nlohmann/json.hpp>

#include "base/json_writer.h"

namespace penstock {
namespace {

using Json = nlohmann::json;

int64_t milliseconds(Instant instant) { return instant.time_since_epoch().count(); }

void write_instant(JsonWriter& writer, std::string_view name, const std::optional<Instant>& instant) {
  if (instant) writer.member(name, milliseconds(*instant));
}

void write_text(JsonWriter& writer, std::string_view name, const std::string& text) {
  if (!text.empty()) writer.member(name, text);
}

void write_actor(JsonWriter& writer, std::string_view name, const Actor& actor) {
  writer.key(name).begin_object().member("name", actor.name).member("email", actor.email);
  if (actor.proved) writer.member("proved", true);
  writer.end_object();
}

std::optional<Instant> read_instant(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end() || found->is_null()) return std::nullopt;
  return Instant(Duration(found->get<int64_t>()));
}

Actor read_actor(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end()) return {};
  return {found->value("name", ""), found->value("email", ""), found->value("proved", false)};
}

/// Turns what `read` makes of the text, and nlohmann's exceptions, into a Result.
template <class T, class Read>
Result<T> parse(std::string_view what, std::string_view text, Read read) {
  try {
    return read(Json::parse(text));
  } catch (const std::exception& problem) {
    return Error{Fault::machine, "the state database holds a damaged " + std::string(what) + ": " + problem.what(), {}};
  }
}

std::optional<Status> status_of(std::string_view name) {
  for (int status = 0; status <= static_cast<int>(Status::skipped); ++status) {
    if (name_of(static_cast<Status>(status)) == name) return static_cast<Status>(status);
  }
  return std::nullopt;
}

Digest read_digest(const std::string& hex) {
  const std::optional<Digest> digest = digest_from_hex(hex);
  if (!digest) throw std::runtime_error("`" + hex + "` is no digest");
  return *digest;
}

}  // namespace

std::string to_json(const RunFacts& facts) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object();
  write_text(writer, "pipeline", facts.pipeline);
  write_text(writer, "source", facts.source);
  write_text(writer, "repository", facts.repository);
  write_text(writer, "commit", facts.commit);
  write_text(writer, "ref", facts.ref);
  write_text(writer, "subject", facts.subject);
  write_text(writer, "event", facts.event);
  write_actor(writer, "who", facts.who);
  if (facts.worktree) writer.member("worktree", true);
  write_text(writer, "worktree_layer", facts.worktree_layer);
  if (!facts.selected.empty()) {
    writer.key("selected").begin_array();
    for (const std::string& name : facts.selected) writer.value(name);
    writer.end_array();
  }
  writer.end_object();
  return text;
}

Result<RunFacts> run_facts_from_json(std::string_view text) {
  return parse<RunFacts>("run", text, [](const Json& json) {
    RunFacts facts;
    facts.pipeline = json.value("pipeline", "");
    facts.source = json.value("source", "");
    facts.repository = json.value("repository", "");
    facts.commit = json.value("commit", "");
    facts.ref = json.value("ref", "");
    facts.subject = json.value("subject", "");
    facts.event = json.value("event", "");
    facts.who = read_actor(json, "who");
    facts.worktree = json.value("worktree", false);
    facts.worktree_layer = json.value("worktree_layer", "");
    facts.selected = json.value("selected", std::vector<std::string>());
    return facts;
  });
}

std::string to_json(const RunSummary& summary) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object().member("status", name_of(summary.status));
  if (summary.warnings) writer.member("warnings", true);
  if (summary.parked) writer.member("parked", true);
  write_instant(writer, "started_at", summary.started_at);
  write_instant(writer, "ended_at", summary.ended_at);
  write_instant(writer, "due_at", summary.due_at);
  write_text(writer, "at_stage", summary.at_stage);
  write_text(writer, "at_job", summary.at_job);
  if (summary.manual_left != 0) writer.member("manual_left", summary.manual_left);
  writer.end_object();
  return text;
}

Result<RunSummary> run_summary_from_json(std::string_view text) {
  return parse<RunSummary>("run", text, [](const Json& json) {
    RunSummary summary;
    const std::string name = json.value("status", "");
    const std::optional<Status> status = status_of(name);
    if (!status) throw std::runtime_error("`" + name + "` is no status");
    summary.status = *status;
    summary.warnings = json.value("warnings", false);
    summary.parked = json.value("parked", false);
    summary.started_at = read_instant(json, "started_at");
    summary.ended_at = read_instant(json, "ended_at");
    summary.due_at = read_instant(json, "due_at");
    summary.at_stage = json.value("at_stage", "");
    summary.at_job = json.value("at_job", "");
    summary.manual_left = json.value("manual_left", 0);
    return summary;
  });
}

std::string to_json(const EnvironmentRecord& record) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object();
  writer.member("environment", record.environment).member("action", record.action).member("run", record.run);
  writer.member("attempt_id", record.attempt_id).member("job", record.job);
  write_text(writer, "commit", record.commit);
  write_text(writer, "url", record.url);
  writer.member("at", milliseconds(record.at));
  write_actor(writer, "by", record.by);
  write_text(writer, "message", record.message);
  writer.member("passed", record.passed).key("artifacts").begin_array();
  for (const Digest& digest : record.artifacts) writer.value(to_hex(digest));
  writer.end_array().end_object();
  return text;
}

Result<EnvironmentRecord> environment_record_from_json(std::string_view text) {
  return parse<EnvironmentRecord>("environment record", text, [](const Json& json) {
    EnvironmentRecord record;
    record.environment = json.value("environment", "");
    record.action = json.value("action", "");
    record.run = json.value("run", int64_t{0});
    record.attempt_id = json.value("attempt_id", int64_t{0});
    record.job = json.value("job", "");
    record.commit = json.value("commit", "");
    record.url = json.value("url", "");
    record.at = read_instant(json, "at").value_or(Instant());
    record.by = read_actor(json, "by");
    record.message = json.value("message", "");
    record.passed = json.value("passed", false);
    for (const Json& hex : json.value("artifacts", Json::array())) record.artifacts.push_back(read_digest(hex));
    return record;
  });
}

std::string to_json(const KeptArtifact& artifact) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object().member("kind", artifact.kind).member("name", artifact.name);
  writer.member("tree", to_hex(artifact.tree)).member("files", artifact.files).member("bytes", artifact.bytes);
  write_instant(writer, "expires_at", artifact.expires_at);
  writer.end_object();
  return text;
}

Result<KeptArtifact> kept_artifact_from_json(std::string_view text) {
  return parse<KeptArtifact>("artifact record", text, [](const Json& json) {
    KeptArtifact artifact;
    artifact.kind = json.value("kind", "");
    artifact.name = json.value("name", "");
    artifact.tree = read_digest(json.value("tree", ""));
    artifact.files = json.value("files", uint64_t{0});
    artifact.bytes = json.value("bytes", uint64_t{0});
    artifact.expires_at = read_instant(json, "expires_at");
    return artifact;
  });
}

}  // namespace penstock
