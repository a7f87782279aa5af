#include <string>

#include "base/json_writer.h"
#include "base/text_width.h"
#include "cli/commands.h"
#include "cli/delivery_desk.h"
#include "cli/project.h"
#include "cli/table.h"
#include "cli/timeline.h"
#include "cli/when.h"
#include "os/clock.h"

namespace penstock {
namespace {

/// Its members, in an object that is open.
void write_release(JsonWriter& json, const Release& release) {
  json.member("id", release.id).member("name", release.name).member("version", release.version);
  json.member("commit", release.commit).member("subject", release.subject).member("run", release.run);
  json.member("tests", release.tests).member("built_at", to_iso8601(release.built_at)).key("artifacts").begin_array();
  for (const ReleaseFile& file : release.artifacts) {
    json.begin_object().member("name", file.name).member("digest", "sha256:" + to_hex(file.digest));
    json.member("bytes", file.size).end_object();
  }
  json.end_array();
}

std::string to_json(const std::vector<Release>& releases) {
  std::string text;
  JsonWriter json(text, 2);
  json.begin_array();
  for (const Release& release : releases) {
    json.begin_object();
    write_release(json, release);
    json.end_object();
  }
  json.end_array();
  return text + "\n";
}

std::string to_json(const Release& release, const std::vector<TimelineLine>& timeline) {
  std::string text;
  JsonWriter json(text, 2);
  json.begin_object();
  write_release(json, release);
  json.key("timeline").begin_array();
  for (const TimelineLine& line : timeline)
    json.begin_object().member("at", to_iso8601(line.at)).member("what", line.text).end_object();
  json.end_array().end_object();
  return text + "\n";
}

Result<int> show(const ReleasesArguments& arguments, const World& world) {
  PENSTOCK_TRY(Project project, open_project(world));
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, world));
  PENSTOCK_TRY(const Release release, desk->release(arguments.release));
  PENSTOCK_TRY(const std::vector<TimelineLine> timeline, timeline_of(project, release));
  const Output& out = world.outputs.out;
  if (arguments.json) {
    out.write(to_json(release, timeline));
    return static_cast<int>(kPassed);
  }
  out.write(out.style.bold(printable(release.name)) + " · " + release.id.substr(0, 12) + "\n");
  for (const ReleaseFile& file : release.artifacts)
    out.write("  " + printable(file.name) + out.style.dim("  sha256:" + to_hex(file.digest).substr(0, 12)) + "\n");
  out.write("\n" + timeline_text(timeline, out.style));
  return static_cast<int>(kPassed);
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
  const auto status = arguments.release.empty() ? list(arguments, world) : show(arguments, world);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
