#include "rollout/release.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/json_writer.h"

namespace penstock {
namespace {

using Json = nlohmann::json;

void write_files(JsonWriter& writer, std::string_view name, const std::vector<ReleaseFile>& files) {
  writer.key(name).begin_array();
  for (const ReleaseFile& file : files) {
    writer.begin_object().member("name", file.name).member("sha256", to_hex(file.digest));
    writer.member("size", file.size).end_object();
  }
  writer.end_array();
}

/// A name is a file's own: it is joined to folders on hosts.
std::string file_name(const Json& json) {
  std::string name = json.at("name").get<std::string>();
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos) {
    throw std::runtime_error("`" + name + "` is no file name");
  }
  return name;
}

std::vector<ReleaseFile> read_files(const Json& json, const char* name) {
  std::vector<ReleaseFile> files;
  for (const Json& file : json.at(name)) {
    const std::optional<Digest> digest = digest_from_hex(file.at("sha256").get<std::string>());
    if (!digest) throw std::runtime_error("a file has no valid SHA-256");
    files.push_back({file_name(file), *digest, file.at("size").get<uint64_t>()});
  }
  return files;
}

int64_t milliseconds(Instant instant) { return instant.time_since_epoch().count(); }
Instant instant_of(const Json& json, const char* name) { return Instant(Duration(json.value(name, int64_t{0}))); }

}  // namespace

std::string release_id(const std::string& commit, std::vector<ReleaseFile> artifacts) {
  std::sort(artifacts.begin(), artifacts.end(),
            [](const ReleaseFile& a, const ReleaseFile& b) { return a.name < b.name; });
  std::string text;
  JsonWriter writer(text);
  writer.begin_object().member("commit", commit);
  write_files(writer, "artifacts", artifacts);
  writer.end_object();
  return to_hex(sha256(text));
}

std::string to_json(const Release& release) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object().member("id", release.id).member("name", release.name).member("version", release.version);
  write_files(writer, "artifacts", release.artifacts);
  writer.member("commit", release.commit).member("subject", release.subject).member("author", release.author);
  writer.member("committed_at", milliseconds(release.committed_at)).member("ref", release.ref);
  writer.member("run", release.run).member("tests", release.tests).member("built_at", milliseconds(release.built_at));
  writer.key("dependencies").begin_array();
  for (const ResolvedDependencies& resolved : release.dependencies) {
    writer.begin_object().member("interpreter", resolved.interpreter);
    write_files(writer, "wheels", resolved.wheels);
    writer.member("resolved_at", milliseconds(resolved.resolved_at)).member("inputs", resolved.inputs).end_object();
  }
  writer.end_array().end_object();
  return text;
}

Result<Release> release_from_json(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    Release release;
    release.id = json.at("id").get<std::string>();
    release.name = json.value("name", "");
    release.version = json.value("version", "");
    release.artifacts = read_files(json, "artifacts");
    release.commit = json.value("commit", "");
    release.subject = json.value("subject", "");
    release.author = json.value("author", "");
    release.committed_at = instant_of(json, "committed_at");
    release.ref = json.value("ref", "");
    release.run = json.value("run", int64_t{0});
    release.tests = json.value("tests", "");
    release.built_at = instant_of(json, "built_at");
    for (const Json& resolved : json.value("dependencies", Json::array())) {
      release.dependencies.push_back({resolved.at("interpreter").get<std::string>(), read_files(resolved, "wheels"),
                                      instant_of(resolved, "resolved_at"), resolved.value("inputs", "")});
    }
    if (release.id != release_id(release.commit, release.artifacts)) {
      throw std::runtime_error("its contents aren't those that its id says");
    }
    return release;
  } catch (const std::exception& problem) {
    return Error{Fault::machine, std::string("a release's manifest can't be read: ") + problem.what(), {}};
  }
}

}  // namespace penstock
