#include <string>

#include "base/json_writer.h"
#include "cli/commands.h"
#include "cli/project.h"
#include "cli/table.h"
#include "cli/when.h"
#include "os/clock.h"

namespace penstock {
namespace {

std::string to_json(const std::vector<Release>& releases) {
  std::string text;
  JsonWriter json(text, 2);
  json.begin_array();
  for (const Release& release : releases) {
    json.begin_object().member("id", release.id).member("name", release.name).member("version", release.version);
    json.member("commit", release.commit).member("subject", release.subject).member("run", release.run);
    json.member("tests", release.tests).member("built_at", to_iso8601(release.built_at)).key("artifacts").begin_array();
    for (const ReleaseFile& file : release.artifacts) {
      json.begin_object().member("name", file.name).member("digest", "sha256:" + to_hex(file.digest));
      json.member("bytes", file.size).end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
  return text + "\n";
}

Result<int> list(const ReleasesArguments& arguments, const World& world) {
  PENSTOCK_TRY(Project project, open_project(world));
  PENSTOCK_TRY(const std::vector<Release> releases, project.store().releases(static_cast<size_t>(arguments.limit)));
  const Output& out = world.outputs.out;
  if (arguments.json) {
    out.write(to_json(releases));
    return static_cast<int>(kPassed);
  }
  if (releases.empty()) {
    world.outputs.hint(
        "nothing was deployed from here yet, and what runs build becomes a release when it is: ci deploy");
    return static_cast<int>(kPassed);
  }
  Table table(
      {{"RELEASE", false, true}, {"ID"}, {"COMMIT"}, {"SUBJECT", false, true}, {"RUN", true}, {"TESTS"}, {"WHEN"}});
  for (const Release& release : releases) {
    table.add({release.name, release.id.substr(0, 12), release.commit.substr(0, 7), release.subject,
               std::to_string(release.run), release.tests, to_when(release.built_at, world.clock.now())});
  }
  out.write(table.render(out.style, out.width()));
  return static_cast<int>(kPassed);
}

}  // namespace

int execute(const ReleasesArguments& arguments, World& world) {
  const auto status = list(arguments, world);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
