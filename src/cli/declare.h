#pragma once

#include <cstdint>
#include <string>

#include "cli/arguments.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace penstock {

/// Declares a command's options, bound to its struct inside `arguments`, which stays where it is.
using Declare = void (*)(CLI::App& app, Arguments& arguments);

// Pipelines and their runs: declare_pipelines.cc.
void declare_run(CLI::App& app, Arguments& arguments);
void declare_plan(CLI::App& app, Arguments& arguments);
void declare_lint(CLI::App& app, Arguments& arguments);
void declare_lock(CLI::App& app, Arguments& arguments);
void declare_approve(CLI::App& app, Arguments& arguments);
void declare_reject(CLI::App& app, Arguments& arguments);
void declare_cancel(CLI::App& app, Arguments& arguments);
void declare_retry(CLI::App& app, Arguments& arguments);
void declare_resume(CLI::App& app, Arguments& arguments);
void declare_watch(CLI::App& app, Arguments& arguments);

// What was recorded of them: declare_records.cc.
void declare_why(CLI::App& app, Arguments& arguments);
void declare_shell(CLI::App& app, Arguments& arguments);
void declare_log(CLI::App& app, Arguments& arguments);
void declare_list(CLI::App& app, Arguments& arguments);
void declare_show(CLI::App& app, Arguments& arguments);
void declare_artifacts(CLI::App& app, Arguments& arguments);
void declare_tests(CLI::App& app, Arguments& arguments);

// Environments: declare_environments.cc.
void declare_env(CLI::App& app, Arguments& arguments);

// This machine: declare_machine.cc.
void declare_secrets(CLI::App& app, Arguments& arguments);
void declare_doctor(CLI::App& app, Arguments& arguments);
void declare_clean(CLI::App& app, Arguments& arguments);
void declare_completion(CLI::App& app, Arguments& arguments);

// Releases and environments: declare_deployments.cc.
void declare_deploy(CLI::App& app, Arguments& arguments);
void declare_rollback(CLI::App& app, Arguments& arguments);
void declare_unpin(CLI::App& app, Arguments& arguments);
void declare_rollout(CLI::App& app, Arguments& arguments);
void declare_releases(CLI::App& app, Arguments& arguments);
// How well releases do: declare_measures.cc.
void declare_analysis(CLI::App& app, Arguments& arguments);
void declare_dora(CLI::App& app, Arguments& arguments);
void declare_incident(CLI::App& app, Arguments& arguments);

// Options that several commands have.
/// A check of an option that takes a whole number: what is wrong with the word, or nothing.
std::string from_one(const std::string& word);
CLI::Option* add_run(CLI::App& app, int64_t& run);
void add_slots(CLI::App& app, int& slots);
void add_choice(CLI::App& app, PipelineChoice& choice);

}  // namespace penstock
