#include "cli/declare.h"

#include <CLI/CLI.hpp>

namespace penstock {
namespace {

template <class T>
T& declare_job(CLI::App& app, Arguments& arguments, bool json) {
  auto& job = arguments.command.emplace<T>();
  app.add_option("job", job.job, "The job's name")->required()->type_name("JOB");
  add_run(app, job.run);
  if (json) app.add_flag("--json", job.json, "As JSON");
  return job;
}

}  // namespace

void declare_why(CLI::App& app, Arguments& arguments) { declare_job<WhyArguments>(app, arguments, true); }

void declare_shell(CLI::App& app, Arguments& arguments) { declare_job<ShellArguments>(app, arguments, false); }

void declare_log(CLI::App& app, Arguments& arguments) {
  auto& log = declare_job<LogArguments>(app, arguments, false);
  app.add_flag("-f,--follow", log.follow, "Go on as the job prints");
  app.add_option("--attempt", log.attempt, "Of a job that was retried: this attempt (default: the last)")
      ->type_name("N")
      ->check(from_one);
}

void declare_list(CLI::App& app, Arguments& arguments) {
  auto& list = arguments.command.emplace<ListArguments>();
  app.add_option("-n,--limit", list.limit, "At most this many (default 20)")->type_name("N")->check(from_one);
  app.add_flag("--json", list.json, "As JSON");
}

void declare_show(CLI::App& app, Arguments& arguments) {
  auto& show = arguments.command.emplace<ShowArguments>();
  app.add_option("run", show.run, "The run's number (default: the newest)")->type_name("RUN")->check(from_one);
  app.add_flag("--json", show.json, "As JSON");
}

void declare_artifacts(CLI::App& app, Arguments& arguments) {
  auto& artifacts = arguments.command.emplace<ArtifactsArguments>();
  auto* list = app.add_subcommand("ls", "List what the jobs of a run left");
  list->add_option("job", artifacts.job, "Only of this job")->type_name("JOB");
  add_run(*list, artifacts.run);
  list->add_flag("--json", artifacts.json, "As JSON");
  auto* get = app.add_subcommand("get", "Write a job's artifacts into a folder");
  get->add_option("job", artifacts.job, "The job's name")->required()->type_name("JOB");
  get->add_option("-o,--output", artifacts.path, "The folder (default: here)")->type_name("FOLDER");
  add_run(*get, artifacts.run);
  get->callback([&artifacts] { artifacts.verb = ArtifactsArguments::Verb::get; });
}

void declare_tests(CLI::App& app, Arguments& arguments) {
  auto& tests = arguments.command.emplace<TestsArguments>();
  app.add_option("run", tests.run, "The run's number (default: the newest)")->type_name("RUN")->check(from_one);
  app.add_flag("--json", tests.json, "As JSON");
}

}  // namespace penstock
