#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialect_gitlab/gitlab.h"
#include "engine/run.h"
#include "plan/dialect.h"
#include "yaml/yaml.h"

// GitLab's cases of pipeline processing: a configuration, and what becomes of each job, stage and the pipeline, event
// by event. The corpus' README says how a case is run; `success` and `drop` come without `run` before, so a job goes
// from pending straight to its end.
namespace penstock {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> cases_folder() {
  const char* corpus = std::getenv("PENSTOCK_CORPUS");
  const fs::path folder = fs::path(corpus ? corpus : "../shared/corpus") / "gitlab" / "processing";
  return fs::is_directory(folder) ? std::optional(folder) : std::nullopt;
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What stands below `config:`, as a file of its own.
std::string config_of(const std::string& text) {
  std::string config;
  bool inside = false;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::string_view line(text.data() + at, end - at);
    at = end;
    const bool indented = line.starts_with(' ') || line == "\n";
    if (!indented) inside = line.starts_with("config:");
    if (inside && indented) config += line.starts_with("  ") ? line.substr(2) : line;
  }
  return config;
}

class OneFile : public SourceReader {
 public:
  OneFile(std::string path, std::string text) : paths_{std::move(path)}, text_(std::move(text)) {}
  Result<std::optional<std::string>> read(std::string_view path) override {
    return path == paths_.front() ? std::optional(text_) : std::nullopt;
  }
  const std::vector<std::string>& paths() override { return paths_; }
  Result<std::optional<std::vector<std::string>>> changed_files(std::string_view) override {
    return std::optional<std::vector<std::string>>();
  }

 private:
  std::vector<std::string> paths_;
  std::string text_;
};

using Statuses = std::map<std::string, std::string>;

Statuses statuses_of(const yaml::Node* node) {
  Statuses statuses;
  if (node == nullptr) return statuses;
  for (const yaml::Entry& entry : node->entries()) statuses[entry.key->to_text()] = entry.value->to_text();
  return statuses;
}

class Case {
 public:
  explicit Case(Plan plan) : run_(std::make_shared<const Plan>(std::move(plan)), {}) {
    EXPECT_TRUE(apply(event::Started{}));
  }

  /// Fires the event on the named jobs, or on the pipeline where there are none.
  void fire(const std::string& name, const yaml::Node* jobs) {
    if (jobs == nullptr) {
      ASSERT_EQ(name, "retry") << "on the pipeline";
      EXPECT_TRUE(apply(event::RetryRequested{"", actor_}));
      return;
    }
    for (const yaml::Node* job : jobs->items())
      EXPECT_TRUE(fire(name, job->to_text())) << name << " on " << job->to_text();
  }

  void compare(const yaml::Node& expected) const {
    EXPECT_EQ(name_of(run_.status()), expected.find("pipeline")->to_text());
    Statuses jobs;
    Statuses stages;
    for (size_t i = 0; i < run_.size(); ++i) {
      jobs[run_.job(i).name] = name_of(run_.state(i).status);
      stages[run_.job(i).stage] = name_of(run_.stage_status(run_.job(i).stage));
    }
    EXPECT_EQ(jobs, statuses_of(expected.find("jobs")));
    EXPECT_EQ(stages, statuses_of(expected.find("stages")));
  }

 private:
  bool apply(decltype(Event::what) what) { return run_.apply({Instant{Duration(++clock_)}, std::move(what)}).ok(); }

  bool fire(const std::string& name, const std::string& job) {
    const auto index = run_.index_of(job);
    if (!index) return false;
    const JobState& state = run_.state(*index);
    const int attempt = state.attempt + (state.status == Status::pending ? 1 : 0);
    if (name == "success") return apply(event::JobFinished{job, attempt, {}});
    if (name == "drop") return apply(event::JobFinished{job, attempt, {EndReason::script_failure, 1, {}}});
    if (name == "run") return apply(event::JobStarted{job});
    if (name == "cancel") return apply(event::CancelRequested{job, actor_});
    if (name == "play") return apply(event::Approved{job, actor_, {}});
    if (name == "retry") return apply(event::RetryRequested{job, actor_});
    return false;
  }

  Run run_;
  Actor actor_{"owner", {}, false};
  int64_t clock_ = 0;
};

void run_case(const fs::path& path) {
  const std::string text = text_of(path);
  yaml::Arena arena;
  const auto source = std::make_shared<const SourceFile>(SourceFile{path.filename().string(), text});
  const yaml::Parsed parsed = yaml::parse(source, arena);
  ASSERT_FALSE(has_errors(parsed.diagnostics)) << render(parsed.diagnostics, {});
  const yaml::Node& root = *parsed.documents.at(0);

  OneFile reader(".gitlab-ci.yml", config_of(text));
  CompileRequest request;
  request.path = ".gitlab-ci.yml";
  for (const char* name : {"CI_COMMIT_REF_NAME", "CI_COMMIT_BRANCH"})
    request.predefined.push_back({name, "master", false, false, false});
  request.predefined.push_back({"CI_PIPELINE_SOURCE", "push", false, false, false});
  CompileResult compiled = GitLabDialect().compile(request, reader);
  ASSERT_TRUE(compiled.plan) << render(compiled.diagnostics, {});

  Case played(std::move(*compiled.plan));
  {
    SCOPED_TRACE("init");
    played.compare(*root.find("init")->find("expect"));
  }
  int step = 0;
  for (const yaml::Node* transition : root.find("transitions")->items()) {
    const std::string event = transition->find("event")->to_text();
    SCOPED_TRACE("step " + std::to_string(++step) + ": " + event);
    played.fire(event, transition->find("jobs"));
    played.compare(*transition->find("expect"));
  }
}

TEST(Processing, GitLabsCasesEndAsTheyDoThere) {
  const auto folder = cases_folder();
  if (!folder) GTEST_SKIP() << "no corpus: set PENSTOCK_CORPUS";
  std::set<fs::path> cases;
  for (const auto& entry : fs::directory_iterator(*folder))
    if (entry.path().extension() == ".yml") cases.insert(entry.path());
  ASSERT_FALSE(cases.empty()) << *folder;
  size_t passed = 0;
  for (const fs::path& path : cases) {
    SCOPED_TRACE(path.filename().string());
    const int before = ::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
    run_case(path);
    const int after = ::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
    if (before == after) ++passed;
  }
  std::printf("conformance  %-22s %4zu of %4zu pass, 0 skipped\n", "gitlab/processing", passed, cases.size());
}

}  // namespace
}  // namespace penstock
