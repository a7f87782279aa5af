#include "runner/job_context.h"

namespace penstock {
namespace {
constexpr size_t kLargestList = size_t{256} << 20;
}

std::vector<std::string> untracked_files(JobContext& context) {
  ShellRequest request;
  request.script = "exec git ls-files --others -z 2>/dev/null";
  request.environment = as_environment(context.values);
  request.timeout = std::chrono::minutes(5);
  std::string list;
  const Cancel kill_alone(context.cancel, Cancel::Level::kill);
  const auto end = context.room.run(
      request, [&](std::string_view piece) { list += piece.substr(0, kLargestList - list.size()); }, kill_alone);
  if (!end.ok() || end->how != ShellEnd::How::exited || end->code != 0) {
    context.note("untracked: git can't list what it doesn't track");
    return {};
  }
  std::vector<std::string> paths;
  for (size_t begin = 0; begin < list.size();) {
    const size_t stop = list.find('\0', begin);
    if (stop == std::string::npos) break;  // cut off by the limit
    paths.push_back(list.substr(begin, stop - begin));
    begin = stop + 1;
  }
  return paths;
}

}  // namespace penstock
