#include "workspace/testing/job_view.h"

#include <unistd.h>

#include "base/shell_quote.h"
#include "os/files.h"
#include "os/process.h"
#include "workspace/overlay_probe.h"

namespace penstock::workspace {
namespace {

namespace fs = std::filesystem;

std::string output_of(const std::vector<std::string>& command, const fs::path& folder) {
  os::RunOptions options;
  options.folder = folder;
  auto result = os::run(command, options);
  if (!result.ok()) return result.error().message;
  std::string text = result->output + result->errors;
  if (!text.empty() && text.back() == '\n') text.pop_back();
  if (!result->status.ok()) text += "\n" + os::to_words(result->status);
  return text;
}

}  // namespace

bool can_mount(const fs::path& folder) { return probe_overlay(folder).empty(); }

std::string in_overlay(const Layers& layers, const std::string& script) {
  os::TempFolder own = os::TempFolder::make(layers.store, "new-view-").value();
  fs::create_directory(own.path() / "upper");
  fs::create_directory(own.path() / "work");
  const bool root = ::geteuid() == 0;
  std::string lower;
  for (const fs::path& layer : layers.lower)
    lower += (lower.empty() ? "" : ":") + layer.lexically_relative(layers.store).native();
  const std::string place = own.path().filename().native();
  std::string whole = "set -e\n";
  // The overlay is going to hide what lies in the project.
  std::vector<std::string> sources;
  for (const Bind& bind : layers.binds) {
    sources.push_back(bind.source.native());
    if (!fs::is_directory(bind.source)) continue;
    sources.back() = (own.path() / ("bind-" + std::to_string(sources.size()))).native();
    fs::create_directory(sources.back());
    whole += "mount --bind " + single_quoted(bind.source.native()) + " " + single_quoted(sources.back()) + "\n";
  }
  // The newer way of mounting, which util-linux takes since 2.39, hands over at most 256 bytes of layers.
  whole += "LIBMOUNT_FORCE_MOUNT2=always mount -t overlay overlay -o lowerdir=" + lower + ",upperdir=" + place +
           "/upper,workdir=" + place + "/work" + (root ? "" : ",userxattr") + " " +
           single_quoted(layers.project.native()) + "\n";
  for (size_t index = 0; index < sources.size(); ++index) {
    const std::string target = single_quoted((layers.project / layers.binds[index].target).native());
    whole +=
        "mount --bind " + single_quoted(sources[index]) + " " + target + "\nmount -o remount,bind,ro " + target + "\n";
  }
  whole += "cd " + single_quoted(layers.project.native()) + "\nset +e\n" + script;
  std::vector<std::string> command{"unshare", root ? "-m" : "-Urm", "--propagation", "private", "bash", "-c", whole};
  return output_of(command, layers.store);
}

std::string in_copy(const Layers& layers, const std::string& script) {
  os::TempFolder own = os::TempFolder::make().value();
  if (auto copied = copy_layers(layers, own.path()); !copied.ok()) return copied.error().message;
  return output_of({"bash", "-c", script}, own.path());
}

}  // namespace penstock::workspace
