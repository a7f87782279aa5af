#include <string>
#include <vector>

#include "base/json_writer.h"
#include "base/suggest.h"
#include "base/text_width.h"
#include "base/words.h"
#include "cli/env_commands.h"
#include "cli/table.h"
#include "cli/when.h"
#include "os/clock.h"

namespace penstock {
namespace {

/// One side of a comparison.
struct Side {
  std::string name;  ///< As it was asked for, with what it means: `staging app-2.8.0`.
  std::string commit;
};

struct ListedCommit {
  std::string id;
  std::string author;
  Instant at;
  std::string subject;
};

Result<Side> side_of_environment(const EnvironmentFacts& facts) {
  if (!facts.live) {
    return Error{Fault::user, "nothing is live in " + quoted(facts.name),
                 "deploy there first: ci deploy " + facts.name};
  }
  if (facts.live->commit.empty())
    return Error{Fault::user, "nobody knows the commit of " + facts.live->name + " in " + facts.name, ""};
  return Side{facts.name + " " + facts.live->name, facts.live->commit};
}

/// An environment, else a release, else what git calls so.
Result<Side> side_of(const EnvWork& work, const std::string& name) {
  PENSTOCK_TRY(const std::vector<std::string> names, known_environments(work.project, work.declared));
  if (const auto facts = environment_facts(work.project, work.world, work.declared, name)) {
    return side_of_environment(*facts);
  }
  PENSTOCK_TRY(const std::vector<Release> releases, work.project.store().find_releases(name));
  if (!releases.empty()) return Side{releases.front().name, releases.front().commit};
  if (const Result<std::string> commit = work.project.repository.resolve(name)) return Side{name, *commit};
  Error error{Fault::user, quoted(name) + " is no environment, no release and no commit", "see what is where: ci env"};
  if (const auto near = did_you_mean(name, {names.begin(), names.end()}))
    error.help = "did you mean " + quoted(*near) + "?";
  return error;
}

/// The commits that `has` holds and `lacks` doesn't, newest first; one more than `limit` where there are more.
Result<std::vector<ListedCommit>> commits_between(const git::Repository& repository, const std::string& has,
                                                  const std::string& lacks, int limit) {
  PENSTOCK_TRY(const std::string text,
               repository.run({"log", "-z", "--no-show-signature", "--format=%H%n%an%n%ct%n%s",
                               "--max-count=" + std::to_string(limit + 1), lacks + ".." + has, "--"}));
  std::vector<ListedCommit> commits;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\0', at), text.size());
    std::string_view record(text.data() + at, end - at);
    std::vector<std::string> fields(4);
    for (std::string& field : fields) {
      const size_t line = std::min(record.find('\n'), record.size());
      field = record.substr(0, line);
      record.remove_prefix(std::min(record.size(), line + 1));
    }
    const int64_t seconds = fields[2].empty() ? 0 : std::strtoll(fields[2].c_str(), nullptr, 10);
    commits.push_back({fields[0], fields[1], Instant(std::chrono::seconds(seconds)), fields[3]});
    at = end + 1;
  }
  return commits;
}

void write_commits(JsonWriter& json, std::string_view name, const std::vector<ListedCommit>& commits, size_t limit) {
  json.key(name).begin_array();
  for (size_t i = 0; i < commits.size() && i < limit; ++i) {
    json.begin_object().member("commit", commits[i].id).member("author", commits[i].author);
    json.member("committed_at", to_iso8601(commits[i].at)).member("subject", commits[i].subject).end_object();
  }
  json.end_array();
}

void print_commits(const EnvWork& work, const Side& has, const Side& lacks, const std::vector<ListedCommit>& commits) {
  if (commits.empty()) return;
  const auto limit = static_cast<size_t>(work.arguments.limit);
  const Output& out = work.world.outputs.out;
  const bool more = commits.size() > limit;
  const size_t count = more ? limit : commits.size();
  out.write(printable(has.name) + " (" + has.commit.substr(0, 7) + ") has " + (more ? "more than " : "") +
            std::to_string(count) + (count == 1 ? " commit" : " commits") + " that " + printable(lacks.name) + " (" +
            lacks.commit.substr(0, 7) + ") hasn't\n");
  Table table({{"COMMIT"}, {"SUBJECT", false, true}, {"BY"}, {"WHEN"}});
  for (size_t i = 0; i < count; ++i) {
    const ListedCommit& commit = commits[i];
    table.add({commit.id.substr(0, 7), commit.subject, commit.author, to_when(commit.at, work.world.clock.now())});
  }
  out.write(table.render(out.style, out.width()));
}

}  // namespace

Result<int> environment_diff(const EnvWork& work) {
  const EnvArguments& arguments = work.arguments;
  // With one name the question is what of the work here isn't there yet.
  PENSTOCK_TRY(const Side one, side_of(work, arguments.other.empty() ? "HEAD" : arguments.name));
  PENSTOCK_TRY(const Side other, side_of(work, arguments.other.empty() ? arguments.name : arguments.other));
  const git::Repository& repository = work.project.repository;
  for (const Side* side : {&one, &other}) {
    const auto known = repository.object(side->commit);
    if (known && *known) continue;
    return Error{Fault::user, "commit " + side->commit.substr(0, 7) + " of " + side->name + " isn't in this repository",
                 "fetch it: git fetch"};
  }
  PENSTOCK_TRY(const auto ahead, commits_between(repository, one.commit, other.commit, arguments.limit));
  PENSTOCK_TRY(const auto behind, commits_between(repository, other.commit, one.commit, arguments.limit));
  const Output& out = work.world.outputs.out;
  if (arguments.json) {
    std::string text;
    JsonWriter json(text, 2);
    json.begin_object().member("name", one.name).member("commit", one.commit);
    json.member("other", other.name).member("other_commit", other.commit);
    write_commits(json, "only_here", ahead, static_cast<size_t>(arguments.limit));
    write_commits(json, "only_there", behind, static_cast<size_t>(arguments.limit));
    json.end_object();
    out.write(text + "\n");
    return static_cast<int>(kPassed);
  }
  print_commits(work, one, other, ahead);
  print_commits(work, other, one, behind);
  if (ahead.empty() && behind.empty()) {
    out.write(printable(one.name) + " and " + printable(other.name) + " stand at the same commit, " +
              one.commit.substr(0, 7) + "\n");
  }
  return static_cast<int>(kPassed);
}

}  // namespace penstock
