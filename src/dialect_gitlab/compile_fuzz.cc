#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/diagnostic.h"
#include "dialect_gitlab/gitlab.h"
#include "plan/check.h"
#include "plan/json.h"

namespace {

/// A project of one file, which may include itself.
class OneFile : public penstock::SourceReader {
 public:
  explicit OneFile(std::string text) : text_(std::move(text)) {}
  penstock::Result<std::optional<std::string>> read(std::string_view path) override {
    return path == paths_[0] ? std::optional<std::string>(text_) : std::nullopt;
  }
  const std::vector<std::string>& paths() override { return paths_; }
  penstock::Result<std::optional<std::vector<std::string>>> changed_files(std::string_view) override {
    return std::optional<std::vector<std::string>>(paths_);
  }

 private:
  std::string text_;
  std::vector<std::string> paths_ = {".gitlab-ci.yml"};
};

}  // namespace

/// Any text compiles to a sound plan that survives its JSON form, or to diagnostics that can be drawn.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  OneFile sources(std::string(reinterpret_cast<const char*>(data), size));
  penstock::CompileRequest request;
  request.path = ".gitlab-ci.yml";
  request.predefined = {{"CI_COMMIT_BRANCH", "main"}, {"CI_PIPELINE_SOURCE", "push"}};
  penstock::CompileResult result = penstock::GitLabDialect().compile(request, sources);
  if (result.plan && has_errors(result.diagnostics)) std::abort();
  if (penstock::has_errors(result.diagnostics) && penstock::render(result.diagnostics, {}).empty()) std::abort();
  if (!result.plan) return 0;
  if (!penstock::check(*result.plan).ok()) std::abort();
  auto again = penstock::plan_from_json(penstock::to_json(*result.plan));
  if (!again.ok() && penstock::to_json(*result.plan).find("\xEF\xBF\xBD") == std::string::npos) std::abort();
  return 0;
}
