#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "environments/environment_spec.h"

namespace penstock {

class TimeZones;

/// Where a project declares its environments.
constexpr std::string_view kEnvironmentsPath = ".ci/environments.yml";

struct CompiledEnvironments {
  std::optional<EnvironmentsFile> file;  ///< Absent where there are errors.
  Diagnostics diagnostics;               ///< All that was found, in order of place.
};

/// Compiles an environments file (docs/environments.md). Any text is compiled or answered with diagnostics. Names of
/// time zones are looked up in `zones`.
CompiledEnvironments compile_environments(std::shared_ptr<const SourceFile> source, TimeZones& zones);

/// The environment of this name; where none is declared under it, what the first pattern that fits (`review/*`)
/// declares, under this name.
std::optional<EnvironmentSpec> find_environment(const EnvironmentsFile& file, std::string_view name);

/// The environment of one of its services: `shop/api`.
std::string service_environment(std::string_view environment, std::string_view service);

/// Where its releases go: to the environment of each service in their order, or to itself where it has none.
std::vector<EnvironmentSpec> places_of(const EnvironmentsFile& file, const EnvironmentSpec& spec);

/// The names that are declared, as written: patterns too.
std::vector<std::string_view> environment_names(const EnvironmentsFile& file);

}  // namespace penstock
