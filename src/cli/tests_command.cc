#include <string>

#include "base/json_writer.h"
#include "base/text_width.h"
#include "cli/commands.h"
#include "cli/project.h"

namespace penstock {
namespace {

struct Count {
  uint64_t passed = 0, failed = 0, skipped = 0;
};

Count count(const JobResults& results) {
  Count sum;
  for (const auto& [index, result] : results) {
    if (!result.tests) continue;
    sum.passed += result.tests->passed;
    sum.failed += result.tests->failed + result.tests->errors;
    sum.skipped += result.tests->skipped;
  }
  return sum;
}

std::string to_json(const StoredRun& stored, const JobResults& results) {
  std::string text;
  JsonWriter json(text, 2);
  const Count sum = count(results);
  json.begin_object().member("run", stored.header.id);
  json.member("passed", sum.passed)
      .member("failed", sum.failed)
      .member("skipped", sum.skipped)
      .key("failures")
      .begin_array();
  for (const auto& [index, result] : results) {
    if (!result.tests) continue;
    for (const FailedTest& test : result.tests->failures) {
      json.begin_object().member("job", stored.run.job(index).name).member("name", test.name);
      json.member("file", test.file)
          .member("line", test.line)
          .member("message", test.message)
          .member("details", test.details)
          .end_object();
    }
  }
  json.end_array().end_object();
  return text + "\n";
}

std::string to_text(const StoredRun& stored, const JobResults& results, const Style& style) {
  std::string text;
  for (const auto& [index, result] : results) {
    if (!result.tests || result.tests->failures.empty()) continue;
    text += style.bold(printable(stored.run.job(index).name)) + "\n";
    for (const FailedTest& test : result.tests->failures) {
      text += "  " + style.red("FAILED") + " " + printable(test.name) + "\n";
      if (!test.file.empty())
        text += "    " + printable(test.file) + (test.line > 0 ? ":" + std::to_string(test.line) : "") + "\n";
      if (!test.message.empty()) text += "    " + printable(test.message.substr(0, test.message.find('\n'))) + "\n";
    }
    text += "\n";
  }
  const Count sum = count(results);
  if (sum.failed > 0) text += std::to_string(sum.failed) + " failed, ";
  text += std::to_string(sum.passed) + " passed";
  if (sum.skipped > 0) text += ", " + std::to_string(sum.skipped) + " skipped";
  return text + "\n";
}

}  // namespace

int execute(const TestsArguments& arguments, World& world) {
  auto project = open_project(world);
  if (!project) return world.fail(project.error());
  const auto stored = load_run(*project, arguments.run);
  if (!stored) return world.fail(stored.error());
  const auto results = results_of(*project, *stored);
  if (!results) return world.fail(results.error());
  bool any = false;
  for (const auto& [index, result] : *results) any = any || result.tests.has_value();
  if (arguments.json) {
    world.outputs.out.write(to_json(*stored, *results));
  } else if (!any) {
    world.outputs.hint("run " + std::to_string(stored->header.id) +
                       " has no test reports; a job tells of its tests with `artifacts: reports: junit`");
  } else {
    world.outputs.out.write(to_text(*stored, *results, world.outputs.out.style));
  }
  return kPassed;
}

}  // namespace penstock
