#include "os/time_zones.h"

#include <algorithm>
#include <utility>

#include "base/suggest.h"
#include "os/environment.h"
#include "os/files.h"
#include "os/tzif.h"

namespace penstock::os {
namespace {

constexpr size_t kLargestFile = size_t{1} << 20;

class Utc : public TimeZone {
 public:
  [[nodiscard]] std::string_view name() const override { return "UTC"; }
  [[nodiscard]] Period period_at(Instant) const override { return {}; }
};

/// `Area/City`, as the database has them: nothing that could lead out of its folder.
bool looks_like_name(std::string_view name) {
  if (name.empty() || name.size() > 100 || name.front() == '/' || name.find("..") != std::string_view::npos)
    return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
           c == '-' || c == '+';
  });
}

/// Zones begin with a capital; the rest of the folder are tables, and the same again with leap seconds (`right/`).
void collect(const std::filesystem::path& folder, const std::string& prefix, std::vector<std::string>& names) {
  const auto entries = list_folder(folder);
  if (!entries.ok()) return;
  for (const FolderEntry& entry : *entries) {
    if (entry.name.front() < 'A' || entry.name.front() > 'Z' || !looks_like_name(entry.name)) continue;
    if (entry.type == FileType::folder)
      collect(folder / entry.name, prefix + entry.name + "/", names);
    else
      names.push_back(prefix + entry.name);
  }
}

}  // namespace

SystemTimeZones::SystemTimeZones(std::string folder) : folder_(std::move(folder)) {
  if (folder_.empty()) folder_ = environment_variable("TZDIR").value_or("");
  if (folder_.empty()) folder_ = "/usr/share/zoneinfo";
}

std::vector<std::string> SystemTimeZones::names() const {
  std::vector<std::string> names;
  collect(folder_, "", names);
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::shared_ptr<const TimeZone>> SystemTimeZones::find(std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (const auto known = known_.find(name); known != known_.end()) return known->second;
  std::shared_ptr<const TimeZone> zone;
  if (name == "UTC" || name == "Etc/UTC") {
    zone = std::make_shared<Utc>();
  } else {
    const std::string text(name);
    const bool is_name = looks_like_name(name) && name.front() >= 'A' && name.front() <= 'Z';
    const auto content = is_name ? read_file_if_exists(folder_ + "/" + text, kLargestFile)
                                 : Result<std::optional<std::string>>(std::optional<std::string>());
    if (!content.ok() || !*content) {
      const std::vector<std::string> all = names();
      if (all.empty())
        return Error{Fault::machine, "there are no time zones in " + folder_, "install the package tzdata"};
      Error error{Fault::user, "`" + text + "` is not a time zone", "a name such as `Europe/Berlin`, or `UTC`"};
      if (const auto near = did_you_mean(name, {all.begin(), all.end()})) error.help = "did you mean `" + *near + "`?";
      return error;
    }
    PENSTOCK_TRY(zone, parse_tzif(text, **content));
  }
  known_.emplace(std::string(name), zone);
  return zone;
}

}  // namespace penstock::os
