#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/time_zone.h"

namespace penstock::os {

/// The zones of this machine: the files of the package tzdata. Each is read once. May be used from many threads.
/// We read them ourselves: GCC 12's <chrono> has no zones, Debian has no archive of Hinnant's date library, and ICU's
/// data alone is five times as large as our program.
class SystemTimeZones : public TimeZones {
 public:
  /// `folder`: empty takes $TZDIR, else /usr/share/zoneinfo.
  explicit SystemTimeZones(std::string folder = "");

  /// `UTC` is known without any file. Fault::user: there is no such zone; Fault::machine: there are none at all.
  Result<std::shared_ptr<const TimeZone>> find(std::string_view name) override;
  /// The names of all zones, sorted.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::string folder_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const TimeZone>, std::less<>> known_;
};

}  // namespace penstock::os
