#include <algorithm>

#include "dialect_gitlab/compilation.h"

namespace penstock::gitlab {
namespace {

/// GitLab includes 150 files at most.
constexpr size_t kMostEntries = 150;

void add(CompileResult more, CompileResult& result) {
  std::set<std::string> images(result.images.begin(), result.images.end());
  images.insert(more.images.begin(), more.images.end());
  result.images.assign(images.begin(), images.end());
  for (ChildRequest& child : more.children) {
    const bool known = std::any_of(result.children.begin(), result.children.end(),
                                   [&](const ChildRequest& one) { return one.trigger == child.trigger; });
    if (!known) result.children.push_back(std::move(child));
  }
}

}  // namespace

void survey_includes(const CompileRequest& request, SourceReader& reader, Compilation& first, CompileResult& result) {
  CompileRequest quiet = request;
  quiet.advise = false;
  std::vector<std::set<std::string>> ahead;
  std::set<std::string> seen;
  // One that stands in a file which is itself left out is taken along with the entry for that file.
  const auto look_at = [&](const Compilation& compilation, const std::set<std::string>& taken) {
    for (const std::string& entry : compilation.left_out_includes()) {
      if (seen.size() >= kMostEntries || !seen.insert(entry).second) continue;
      ahead.push_back(taken);
      ahead.back().insert(entry);
    }
  };
  look_at(first, {});
  while (!ahead.empty()) {
    const std::set<std::string> taken = std::move(ahead.back());
    ahead.pop_back();
    Compilation compilation(quiet, reader, {{}, true, taken});
    add(compilation.run(), result);
    Diagnostics found = compilation.take_diagnostics();
    std::erase_if(found, [](const Diagnostic& one) { return one.name != "unreachable-include"; });
    for (Diagnostic& one : found) one.severity = Severity::warning;
    first.add(std::move(found));
    look_at(compilation, taken);
  }
}

}  // namespace penstock::gitlab
