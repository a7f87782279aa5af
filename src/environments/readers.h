#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "environments/environment_spec.h"
#include "environments/fields.h"

namespace penstock {
class TimeZones;
}

namespace penstock::environments {

/// An entry of the file on its way to its spec.
struct Written {
  std::string_view name;
  const Node* key = nullptr;
  const Node* node = nullptr;  ///< What it says, with what it inherits.
  bool sound = true;           ///< No mistake was found while it was read.
};

constexpr Duration kDay{std::chrono::hours(24)};

// Readers, a file each for a family of keywords. Each takes its keywords out of the environment's fields.
void read_target(Fields& fields, EnvironmentSpec& spec);
void read_hosts(Fields& fields, EnvironmentSpec& spec);
void read_application(Fields& fields, EnvironmentSpec& spec);
void read_health(Fields& fields, EnvironmentSpec& spec);
void read_traffic(Fields& fields, EnvironmentSpec& spec);
void read_strategy(Fields& fields, EnvironmentSpec& spec);
void read_analysis(Fields& fields, EnvironmentSpec& spec);
void read_approvals(Fields& fields, EnvironmentSpec& spec);
void read_freeze(Fields& fields, TimeZones& zones, EnvironmentSpec& spec);
void read_hooks(Fields& fields, EnvironmentSpec& spec);
void read_notify(Fields& fields, EnvironmentSpec& spec);

/// Reports what can't be the name of a host.
bool check_host_name(Report& report, const Node& at, std::string_view name);

/// All keywords of an entry.
EnvironmentSpec read_environment(Report& report, TimeZones& zones, const Written& written);

/// What its values say together: reports what can't work.
void check_environment(Report& report, const EnvironmentsFile& file, const Written& written,
                       const EnvironmentSpec& spec);
/// What two environments can't have both. `written` and `specs` correspond.
void check_together(Report& report, const std::vector<Written>& written, const std::vector<EnvironmentSpec>& specs);

}  // namespace penstock::environments
