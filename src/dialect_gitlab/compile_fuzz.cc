#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/diagnostic.h"
#include "dialect_gitlab/gitlab.h"
#include "plan/check.h"
#include "plan/json.h"

namespace {

/// A project of one file, which may include itself, by whatever kind of include.
class OneFile : public penstock::SourceReader {
 public:
  explicit OneFile(std::string text) : text_(std::move(text)) {}
  penstock::Result<std::optional<std::string>> read(std::string_view path) override {
    return path == paths_[0] || path == paths_[1] ? std::optional<std::string>(text_) : std::nullopt;
  }
  const std::vector<std::string>& paths() override { return paths_; }
  penstock::Result<std::optional<std::vector<std::string>>> changed_files(std::string_view) override {
    return std::optional<std::vector<std::string>>(paths_);
  }
  penstock::Result<penstock::FoundProject> project(const penstock::OutsideProject& wanted) override {
    return penstock::FoundProject{this, std::string(40, 'a'), wanted.versions ? "1.0.0" : ""};
  }
  penstock::Result<std::string> remote(const std::string&, const std::optional<penstock::Digest>&) override {
    return text_;
  }
  penstock::Result<std::string> template_text(const std::string&) override { return text_; }

 private:
  std::string text_;
  std::vector<std::string> paths_ = {".gitlab-ci.yml", "templates/a.yml"};
};

}  // namespace

/// Any text compiles to a sound plan that survives its JSON form, or to diagnostics that can be drawn.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  OneFile sources(std::string(reinterpret_cast<const char*>(data), size));
  penstock::CompileRequest request;
  request.path = ".gitlab-ci.yml";
  request.advise = true;
  request.kinds = {{"a pipeline of a tag", {{"CI_COMMIT_TAG", "v1"}, {"CI_PIPELINE_SOURCE", "push"}}},
                   {"a merge request pipeline", {{"CI_PIPELINE_SOURCE", "merge_request_event"}}}};
  request.predefined = {{"CI_COMMIT_BRANCH", "main"}, {"CI_PIPELINE_SOURCE", "push"}};
  request.every_include = size % 2 == 1;
  penstock::CompileResult result = penstock::GitLabDialect().compile(request, sources);
  if (result.plan && has_errors(result.diagnostics)) std::abort();
  if (penstock::has_errors(result.diagnostics) && penstock::render(result.diagnostics, {}).empty()) std::abort();
  if (!result.plan) return 0;
  if (!penstock::check(*result.plan).ok()) std::abort();
  auto again = penstock::plan_from_json(penstock::to_json(*result.plan));
  if (!again.ok() && penstock::to_json(*result.plan).find("\xEF\xBF\xBD") == std::string::npos) std::abort();
  return 0;
}
