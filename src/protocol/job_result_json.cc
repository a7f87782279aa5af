#include <string>
#include <string_view>

#include "base/json_writer.h"
#include "plan/json.h"
#include "plan/json_reader.h"
#include "protocol/json.h"
#include "protocol/stored_values.h"

namespace penstock {

using json_reading::Json;
using json_reading::Members;

namespace {

void write(JsonWriter& json, const KeptArtifact& artifact) {
  json.begin_object().member("kind", artifact.kind).member("name", artifact.name);
  json.member("tree", to_hex(artifact.tree)).member("files", artifact.files).member("bytes", artifact.bytes);
  json.optional("expires_at_ms", artifact.expires_at).end_object();
}

void write(JsonWriter& json, const FailedTest& test) {
  json.begin_object().member("name", test.name).optional("file", test.file).optional("line", test.line);
  json.optional("message", test.message).optional("details", test.details).end_object();
}

void write(JsonWriter& json, const TestSummary& tests) {
  json.begin_object().member("passed", tests.passed).member("failed", tests.failed);
  json.member("errors", tests.errors).member("skipped", tests.skipped).member("seconds", tests.seconds);
  if (!tests.failures.empty()) {
    json.key("failures").begin_array();
    for (const FailedTest& failure : tests.failures) write(json, failure);
    json.end_array();
  }
  json.end_object();
}

void write(JsonWriter& json, const std::string& text) { json.value(text); }

void write(JsonWriter& json, const Variable& variable) {
  json.begin_object().member("name", variable.name).member("value", variable.value);
  json.optional("raw", variable.raw).end_object();
}

template <class T>
void write_list(JsonWriter& json, std::string_view name, const std::vector<T>& items) {
  if (items.empty()) return;
  json.key(name).begin_array();
  for (const T& item : items) write(json, item);
  json.end_array();
}

}  // namespace

void read_json(const Json& json, KeptArtifact& artifact) {
  Members members(json);
  members.required("kind", artifact.kind);
  members.optional("name", artifact.name);
  members.required("tree", artifact.tree);
  members.optional("files", artifact.files);
  members.optional("bytes", artifact.bytes);
  members.optional("expires_at_ms", artifact.expires_at);
}

void read_json(const Json& json, FailedTest& test) {
  Members members(json);
  members.required("name", test.name);
  members.optional("file", test.file);
  members.optional("line", test.line);
  members.optional("message", test.message);
  members.optional("details", test.details);
}

void read_json(const Json& json, TestSummary& tests) {
  Members members(json);
  members.optional("passed", tests.passed);
  members.optional("failed", tests.failed);
  members.optional("errors", tests.errors);
  members.optional("skipped", tests.skipped);
  members.optional("seconds", tests.seconds);
  members.optional("failures", tests.failures);
}

/// Of a dotenv report: a name, a value, and whether references in it stay as they are.
void read_dotenv(const Json& json, Variables& variables) {
  if (!json.is_array()) json_reading::refuse("a list is expected");
  for (const Json& item : json) {
    Members members(item);
    Variable& variable = variables.emplace_back();
    members.required("name", variable.name);
    members.optional("value", variable.value);
    members.optional("raw", variable.raw);
  }
}

std::string to_json(const JobResult& result) {
  std::string output;
  JsonWriter json(output);
  write_json(json.begin_object().key("outcome"), result.outcome);
  json.optional("failed_command", result.failed_command);
  json.member("started_at_ms", result.started_at).member("ended_at_ms", result.ended_at);
  json.member("peak_memory", result.peak_memory).member("cpu_time_ms", result.cpu_time);
  write_list(json, "artifacts", result.artifacts);
  write_list(json, "packages", result.packages);
  if (result.tests) {
    json.key("tests");
    write(json, *result.tests);
  }
  json.optional("coverage", result.coverage);
  write_list(json, "dotenv", result.dotenv);
  json.optional("environment_url", result.environment_url).member("log_bytes", result.log_bytes);
  write_list(json, "notes", result.notes);
  json.end_object();
  return output;
}

Result<JobResult> job_result_from_json(std::string_view text) {
  return json_reading::parse_stored(text, "job result", [](const Json& json) {
    JobResult result;
    Members members(json);
    members.required("outcome", result.outcome);
    members.optional("failed_command", result.failed_command);
    members.optional("started_at_ms", result.started_at);
    members.optional("ended_at_ms", result.ended_at);
    members.optional("peak_memory", result.peak_memory);
    members.optional("cpu_time_ms", result.cpu_time);
    members.optional("artifacts", result.artifacts);
    members.optional("packages", result.packages);
    members.optional("tests", result.tests);
    members.optional("coverage", result.coverage);
    members.with("dotenv", [&](const Json& list) { read_dotenv(list, result.dotenv); });
    members.optional("environment_url", result.environment_url);
    members.optional("log_bytes", result.log_bytes);
    members.optional("notes", result.notes);
    return result;
  });
}

}  // namespace penstock
