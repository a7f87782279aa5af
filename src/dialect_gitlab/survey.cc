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
  std::vector<std::vector<SourceLocation>> ahead;
  std::vector<SourceLocation> seen;
  // One that stands in a file which is itself left out is taken along with the entry for that file.
  const auto look_at = [&](const std::vector<IncludeEntry>& entries, const std::vector<SourceLocation>& taken) {
    for (const IncludeEntry& entry : entries) {
      const bool known = std::find(seen.begin(), seen.end(), entry.location) != seen.end();
      if (entry.outcome != IncludeEntry::Outcome::left_out || known || seen.size() >= kMostEntries) continue;
      seen.push_back(entry.location);
      ahead.push_back(taken);
      ahead.back().push_back(entry.location);
    }
  };
  look_at(result.includes, {});
  while (!ahead.empty()) {
    const std::vector<SourceLocation> taken = std::move(ahead.back());
    ahead.pop_back();
    Compilation compilation(quiet, reader, {{}, true, taken});
    CompileResult more = compilation.run();
    look_at(more.includes, taken);
    add(std::move(more), result);
    Diagnostics found = compilation.take_diagnostics();
    std::erase_if(found, [](const Diagnostic& one) { return one.name != "unreachable-include"; });
    for (Diagnostic& one : found) one.severity = Severity::warning;
    first.add(std::move(found));
  }
}

}  // namespace penstock::gitlab
