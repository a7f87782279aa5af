#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "cli/lint_formats.h"
#include "cli/style.h"

namespace penstock {

/// What each command was asked to do: the command line as data. One struct a command; `arguments.cc` is the only source
/// that knows the parser.

/// Which pipeline, and in which circumstances it is compiled.
struct PipelineChoice {
  std::string pipeline;                                        ///< A name or a path; empty: the default one.
  std::vector<std::pair<std::string, std::string>> variables;  ///< `-e KEY=VALUE`
  std::vector<std::string> secrets;                            ///< `--secret KEY[=FILE]`
  std::vector<std::pair<std::string, std::string>> inputs;     ///< `--input NAME=VALUE`
  bool worktree = false;
  bool offline = false;
  std::string event;                                ///< `--event`, as people say it; empty: a push.
  std::string branch;                               ///< `--branch`; empty: HEAD's.
  std::string tag;                                  ///< `--tag`
  std::string target_branch;                        ///< `--target-branch`
  std::optional<std::vector<std::string>> changed;  ///< `--changed FILE`; nothing: what git says.
};

struct RunArguments {
  PipelineChoice choice;
  std::vector<std::string> jobs;
  bool only = false;  ///< The named jobs without what they need.
  int slots = 0;      ///< `-j`; 0: as many as there are cores.
  bool keep_going = false;
  bool pause_on_failure = false;
  bool strict = false;
  bool no_network = false;  ///< `--network=none`
  std::vector<std::string> pass;
};
struct PlanArguments {
  PipelineChoice choice;
  std::vector<std::string> jobs;
  enum class Form { graph, json, dot } form = Form::graph;
  bool events = false;    ///< `--matrix-of-events`
  bool includes = false;  ///< `--includes`
};
struct LintArguments {
  PipelineChoice choice;
  LintFormat format = LintFormat::text;
  std::vector<std::string> ignored;  ///< `--ignore NAME`: warnings that are not told.
  bool strict = false;               ///< A warning is a mistake.
  bool fix = false;                  ///< Mend slips in the work tree's files first.
};
struct LockArguments {
  PipelineChoice choice;
  enum class Verb { write, check, update } verb = Verb::write;
  std::vector<std::string> names;  ///< `--update`: only these; empty: all.
};
/// A command about one job of a run: `why`, `log`, `shell`.
struct JobArguments {
  std::string job;
  int64_t run = 0;  ///< 0: the newest that has it.
  bool json = false;
  bool follow = false;  ///< `log -f`
  int attempt = 0;      ///< `log --attempt`; 0: the last.
};
struct WhyArguments : JobArguments {};
struct LogArguments : JobArguments {};
struct ShellArguments : JobArguments {};
struct ListArguments {
  int limit = 20;
  bool json = false;
};
struct ShowArguments {
  int64_t run = 0;
  bool json = false;
};
/// `approve`, `play`, `reject`: NAME means an environment, else a stage, else a job.
struct GateArguments {
  std::string name;
  int64_t run = 0;
  std::string message;
  bool reject = false;
  bool detach = false;  ///< Only record it; another driver (or `ci watch`) goes on.
  int slots = 0;
};
struct CancelArguments {
  std::string job;  ///< Empty: the whole run.
  int64_t run = 0;
};
struct RetryArguments {
  std::string job;  ///< Empty: all that failed or were cancelled.
  int64_t run = 0;
  int slots = 0;
};
struct ResumeArguments {
  int64_t run = 0;
  int slots = 0;
};
struct WatchArguments {
  bool once = false;        ///< Drive what is due now, then end.
  bool stay = false;        ///< Go on where nothing is due: as a service.
  bool print_unit = false;  ///< Print a systemd user unit that does so.
  int slots = 0;
};
struct ArtifactsArguments {
  enum class Verb { list, get } verb = Verb::list;
  std::string job;
  int64_t run = 0;
  std::string path;  ///< `get`: into this folder.
  bool json = false;
};
struct TestsArguments {
  int64_t run = 0;
  bool json = false;
};
struct SecretsArguments {
  enum class Verb { set, list, remove } verb = Verb::list;
  std::string name;
  std::string file;  ///< `set`: its value; empty: standard input (without echo on a terminal).
  bool json = false;
};
struct DoctorArguments {
  bool json = false;
};
struct CleanArguments {
  std::string limit;  ///< `2GB`; empty: what has expired and what nobody refers to.
  bool dry_run = false;
};
struct CompletionArguments {
  std::string shell;               ///< `bash`, `zsh`, `fish`.
  std::vector<std::string> words;  ///< Of the hidden `complete` command: the line so far.
  bool answer = false;             ///< Asked by the script: print candidates.
};
struct DeployArguments {
  std::string environment;
  std::string release;  ///< Empty: what the newest run built (or `run`).
  int64_t run = 0;
  std::vector<std::string> from;  ///< Files and folders of the work tree, in place of what a run built.
  std::string message;
  std::string override_freeze;
  bool force = false;
  bool no_wait = false;
  bool detach = false;    ///< Leave it when it is promoted: `ci watch` watches the bake time.
  bool rollback = false;  ///< `ci rollback`: to `release`, or to what was live before.
};
struct UnpinArguments {
  std::string environment;
  std::string message;
};
/// `ci rollout VERB`: NAME is an environment or a rollout's number; empty: the only one under way.
struct RolloutArguments {
  enum class Verb { list, status, pause, go_on, promote, abort } verb = Verb::status;
  std::string name;
  std::string message;
  int limit = 20;
  bool json = false;
};
struct ReleasesArguments {
  std::string release;  ///< `show`: an id, a name, a version or an environment; empty: list them.
  int limit = 20;
  bool json = false;
};
/// `ci env VERB`.
struct EnvArguments {
  enum class Verb { list, show, history, diff, refresh, open, setup, exec, logs } verb = Verb::list;
  std::string name;
  std::string other;  ///< `diff`: what it is compared with; empty: what is committed here.
  int limit = 20;
  bool json = false;
  std::string instance;            ///< `logs`, `exec`: `HOST:PORT`, a host or a port; empty: all, or the first.
  std::vector<std::string> words;  ///< `exec`: the command.
  bool follow = false;             ///< `logs -f`
};
/// `ci analysis replay`
struct AnalysisArguments {
  int64_t rollout = 0;  ///< 0: the newest that was judged.
  std::string file;     ///< A look's JSON instead.
  bool json = false;
};
struct DoraArguments {
  std::string environment;  ///< Empty: those of production.
  std::string since = "90d";
  std::string definition = "dora2026";
  bool json = false;
};
/// `ci incident [open|close]`: what the records can't know by themselves.
struct IncidentArguments {
  enum class Verb { list, open, close } verb = Verb::list;
  std::string environment;  ///< `list`: empty: of all.
  int64_t number = 0;       ///< `close`; 0: the only one that is open.
  std::string at;           ///< When it was (cli/moment.h); empty: now.
  std::string message;
  int limit = 20;
  bool json = false;
};
/// Text to print and nothing else: `--help`, `--version`.
struct PrintArguments {
  std::string text;
};

using CommandArguments =
    std::variant<RunArguments, PlanArguments, LintArguments, LockArguments, WhyArguments, LogArguments, ShellArguments,
                 ListArguments, ShowArguments, GateArguments, CancelArguments, RetryArguments, ResumeArguments,
                 WatchArguments, ArtifactsArguments, TestsArguments, SecretsArguments, DoctorArguments, CleanArguments,
                 CompletionArguments, DeployArguments, UnpinArguments, RolloutArguments, ReleasesArguments,
                 EnvArguments, AnalysisArguments, DoraArguments, IncidentArguments, PrintArguments>;

struct Arguments {
  std::string folder;  ///< `-C DIR`
  ColorChoice color = ColorChoice::automatic;
  CommandArguments command;
};

/// Reads the command line (without the program's name). A mistake is a Fault::user error with a suggestion where one is
/// near.
Result<Arguments> parse_arguments(const std::vector<std::string>& words);

/// Names of all commands and, for one, its options: for suggestions and completion.
std::vector<std::string> command_names();
std::vector<std::string> option_names(const std::string& command);

}  // namespace penstock
