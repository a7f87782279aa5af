#include "git/repository.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <set>

#include "git/command.h"
#include "git/config.h"
#include "git/objects.h"
#include "git/refs.h"
#include "os/files.h"
#include "os/process.h"

namespace penstock::git {
namespace {

namespace fs = std::filesystem;

std::string without_line_break(std::string text) {
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

/// What git says about where it is, in the caller's own environment: $GIT_DIR counts.
Result<std::string> rev_parse(const fs::path& folder, const std::string& question) {
  os::RunOptions options;
  options.environment = os::current_environment();
  (*options.environment)["LC_ALL"] = "C";
  options.folder = folder;
  PENSTOCK_TRY(os::RunResult result, os::run({"git", "rev-parse", "--path-format=absolute", question}, options));
  if (!result.status.ok()) return git_error({"rev-parse"}, result);
  return without_line_break(std::move(result.output));
}

Result<Location> ask_location(const fs::path& folder) {
  Location location;
  PENSTOCK_TRY(const std::string git_folder, rev_parse(folder, "--absolute-git-dir"));
  PENSTOCK_TRY(const std::string common_folder, rev_parse(folder, "--git-common-dir"));
  PENSTOCK_TRY(const std::string inside, rev_parse(folder, "--is-inside-work-tree"));
  if (inside == "true") {
    PENSTOCK_TRY(const std::string top_level, rev_parse(folder, "--show-toplevel"));
    location.top_level = top_level;
  }
  std::error_code problem;
  location.git_folder = fs::weakly_canonical(git_folder, problem);
  location.common_folder = fs::weakly_canonical(common_folder, problem);
  // Asked from the work tree's root in a clean environment, git may find another repository or none.
  location.explicit_folder = true;
  return location;
}

bool has_separator(std::string_view name) {
  return name.find_first_of(std::string_view("\n\0", 2)) != std::string_view::npos;
}

Error no_such_revision(std::string_view revision) {
  return Error{Fault::user, "there is no commit `" + std::string(revision) + "` in this repository",
               "a shallow clone has only the newest ones: `git fetch --unshallow` brings the rest"};
}

}  // namespace

struct Repository::State {
  explicit State(Location found)
      : location(std::move(found)),
        environment(clean_environment(os::current_environment())),
        objects(command(location, {"cat-file", "--batch-command"}), process_options()) {}

  [[nodiscard]] fs::path folder() const {
    return location.top_level.empty() ? location.git_folder : location.top_level;
  }

  [[nodiscard]] os::ProcessOptions process_options() const {
    os::ProcessOptions options;
    options.environment = environment;
    options.folder = folder();
    // Ctrl-C is for us: git ends when we close its input.
    options.own_group = true;
    return options;
  }

  bool is_known_commit(std::string_view id) {
    std::lock_guard lock(commits_mutex);
    return commits.contains(id);
  }
  void remember_commit(const std::string& id) {
    std::lock_guard lock(commits_mutex);
    commits.insert(id);
  }

  const Location location;
  const os::Environment environment;
  ObjectReader objects;
  std::mutex commits_mutex;
  std::set<std::string, std::less<>> commits;  ///< Ids that were seen to be commits: objects never change.
  std::mutex config_mutex;
  std::optional<std::vector<ConfigEntry>> config;
  fs::path config_file;
};

Repository::Repository(std::unique_ptr<State> state) : state_(std::move(state)) {}
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
Repository::~Repository() = default;

Result<Repository> Repository::open(const fs::path& folder) {
  std::optional<Location> location = find_location(folder);
  if (!location) {
    PENSTOCK_TRY(location, ask_location(folder));
  }
  return Repository(std::make_unique<State>(std::move(*location)));
}

Repository Repository::at(const fs::path& git_folder) {
  Location location;
  location.git_folder = git_folder;
  location.common_folder = git_folder;
  location.explicit_folder = true;
  return Repository(std::make_unique<State>(std::move(location)));
}

const Location& Repository::location() const { return state_->location; }

Result<std::string> Repository::run(const std::vector<std::string>& arguments, std::string_view input,
                                    const os::Environment& variables) const {
  os::RunOptions options;
  options.environment = state_->environment;
  for (const auto& [name, value] : variables) (*options.environment)[name] = value;
  options.folder = state_->folder();
  options.input = input;
  PENSTOCK_TRY(os::RunResult result, os::run(command(state_->location, arguments), options));
  if (!result.status.ok()) return git_error(arguments, result);
  return std::move(result.output);
}

Result<std::string> Repository::run_in(const fs::path& work_tree, const fs::path& index_file,
                                       const std::vector<std::string>& arguments, std::string_view input) const {
  Location elsewhere = state_->location;
  elsewhere.top_level = work_tree;
  elsewhere.explicit_folder = true;
  os::RunOptions options;
  options.environment = state_->environment;
  (*options.environment)["GIT_INDEX_FILE"] = index_file.native();
  options.folder = work_tree;
  options.input = input;
  PENSTOCK_TRY(os::RunResult result, os::run(command(elsewhere, arguments), options));
  if (!result.status.ok()) return git_error(arguments, result);
  return std::move(result.output);
}

Result<std::string> Repository::head() const {
  std::optional<Head> head = read_head(state_->location);
  if (head && !head->commit.empty()) return head->commit;
  auto asked = run({"rev-parse", "--verify", "--quiet", "HEAD^{commit}"});
  if (asked.ok()) return without_line_break(std::move(*asked));
  if (asked.error().fault == Fault::user) return asked.error();
  return Error{Fault::user, "this repository has no commit yet", "commit something first: `git add -A && git commit`"};
}

Result<std::optional<std::string>> Repository::branch() const {
  constexpr std::string_view kHeads = "refs/heads/";
  std::string ref;
  if (auto head = read_head(state_->location)) {
    ref = head->ref;
  } else if (auto asked = run({"symbolic-ref", "--quiet", "HEAD"}); asked.ok()) {
    ref = without_line_break(std::move(*asked));
  }
  if (!ref.starts_with(kHeads)) return std::optional<std::string>();
  return std::optional<std::string>(ref.substr(kHeads.size()));
}

Result<std::optional<ObjectInfo>> Repository::object(std::string_view name) const {
  if (!has_separator(name)) return state_->objects.info(name);
  // `cat-file` takes a name a line; only a path can hold a line break.
  auto id = run({"rev-parse", "--verify", "--quiet", "--end-of-options", std::string(name)});
  if (!id.ok()) return std::optional<ObjectInfo>();
  return state_->objects.info(without_line_break(std::move(*id)));
}

Result<std::string> Repository::resolve(std::string_view revision) const {
  if (revision == "HEAD") return head();
  if (state_->is_known_commit(revision)) return std::string(revision);
  PENSTOCK_TRY(const auto info, object(std::string(revision) + "^{commit}"));
  if (!info || revision.empty()) return no_such_revision(revision);
  state_->remember_commit(info->id);
  return info->id;
}

Result<Commit> Repository::commit(std::string_view revision) const {
  std::string id(revision);
  // What has a whole id may still be a tag.
  if (!is_object_id(revision)) {
    PENSTOCK_TRY(id, resolve(revision));
  }
  PENSTOCK_TRY(auto found, state_->objects.contents(id));
  if (found && found->first.type == ObjectType::tag) {
    PENSTOCK_TRY(id, resolve(revision));
    PENSTOCK_TRY(found, state_->objects.contents(id));
  }
  if (!found || found->first.type != ObjectType::commit) return no_such_revision(revision);
  state_->remember_commit(id);
  return parse_commit(found->first.id, found->second);
}

Result<std::optional<std::string>> Repository::read_file(std::string_view revision, std::string_view path) const {
  PENSTOCK_TRY(const std::string commit, resolve(revision));
  std::string name = commit + ":" + std::string(path);
  if (has_separator(name)) {
    PENSTOCK_TRY(auto info, object(name));
    if (!info) return std::optional<std::string>();
    name = std::move(info->id);
  }
  Result<ObjectReader::Contents> answer = state_->objects.contents(name);
  if (!answer.ok()) {
    Error error = answer.error();
    if (error.fault == Fault::user) error.message = "`" + std::string(path) + "` is " + error.message;
    return error;
  }
  ObjectReader::Contents& found = *answer;
  if (!found || found->first.type != ObjectType::blob) return std::optional<std::string>();
  return std::optional<std::string>(std::move(found->second));
}

void Repository::expect(const std::string& commit, const std::vector<std::string>& paths) const {
  std::vector<std::string> names{commit};
  for (const std::string& path : paths) {
    if (!has_separator(path)) names.push_back(commit + ":" + path);
  }
  // What goes wrong here goes wrong again where the answer is wanted, and is told there.
  (void)state_->objects.expect(names);
}

Result<std::optional<std::string>> Repository::merge_base(std::string_view one, std::string_view other) const {
  PENSTOCK_TRY(const std::string first, resolve(one));
  PENSTOCK_TRY(const std::string second, resolve(other));
  os::RunOptions options;
  options.environment = state_->environment;
  options.folder = state_->folder();
  const std::vector<std::string> arguments{"merge-base", first, second};
  PENSTOCK_TRY(os::RunResult result, os::run(command(state_->location, arguments), options));
  if (result.status.code == 1 && result.output.empty()) return std::optional<std::string>();
  if (!result.status.ok()) return git_error(arguments, result);
  return std::optional<std::string>(without_line_break(std::move(result.output)));
}

Result<std::string> Repository::describe(std::string_view revision) const {
  PENSTOCK_TRY(const std::string id, resolve(revision));
  PENSTOCK_TRY(std::string description, run({"describe", "--tags", "--always", id}));
  return without_line_break(std::move(description));
}

Result<std::optional<std::string>> Repository::default_branch(const std::string& remote) const {
  const std::string prefix = "refs/remotes/" + remote + "/";
  PENSTOCK_TRY(const auto symbolic, os::read_file_if_exists(common_folder() / (prefix + "HEAD"), 65536));
  if (symbolic && symbolic->starts_with("ref: " + prefix)) {
    return std::optional(without_line_break(symbolic->substr(5 + prefix.size())));
  }
  auto exists = [this](const std::string& name) {
    return read_ref(state_->location, "refs/heads/" + name).has_value();
  };
  for (const char* name : {"main", "master"}) {
    if (exists(name)) return std::optional<std::string>(name);
  }
  PENSTOCK_TRY(const auto configured, config_value("init.defaultbranch"));
  if (configured && exists(*configured)) return configured;
  return branch();
}

void Repository::rest() const { state_->objects.rest(); }

void Repository::keep_config_in(fs::path file) { state_->config_file = std::move(file); }

Result<std::vector<ConfigEntry>> Repository::config() const {
  std::lock_guard lock(state_->config_mutex);
  if (!state_->config) {
    std::optional<std::string> text;
    const fs::path& file = state_->config_file;
    if (!file.empty()) text = read_kept_config(file, state_->location);
    if (!text) {
      PENSTOCK_TRY(text, run({"config", "--null", "--list", "--show-scope", "--show-origin"}));
      if (!file.empty()) keep_config(file, state_->location, *text);
    }
    state_->config = parse_config(*text);
    // What we put on git's command line is ours, not the user's.
    constexpr std::array<std::string_view, 6> kOurs{"core.fsmonitor", "core.hookspath", "advice.detachedhead",
                                                    "core.quotepath", "gc.auto",        "maintenance.auto"};
    std::erase_if(*state_->config, [&kOurs](const ConfigEntry& entry) {
      return entry.scope == "command" && std::find(kOurs.begin(), kOurs.end(), entry.key) != kOurs.end();
    });
  }
  return *state_->config;
}

Result<std::optional<std::string>> Repository::config_value(std::string_view key) const {
  PENSTOCK_TRY(const std::vector<ConfigEntry> entries, config());
  auto found = std::find_if(entries.rbegin(), entries.rend(), [key](const auto& entry) { return entry.key == key; });
  if (found == entries.rend()) return std::optional<std::string>();
  return std::optional<std::string>(found->value);
}

}  // namespace penstock::git
