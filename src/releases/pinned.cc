#include "releases/pinned.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "blobs/blob_store.h"
#include "os/files.h"
#include "releases/make_release.h"
#include "releases/wheel_metadata.h"

namespace penstock {
namespace {

constexpr uint64_t kLargestWheel = uint64_t{256} << 20;

/// The lines of a wheel's METADATA that say what it requires, of Python and of other projects.
std::string requirements_in(const std::string& metadata) {
  std::string found;
  std::istringstream lines(metadata);
  for (std::string line; std::getline(lines, line) && !line.empty() && line != "\r";) {
    if (line.starts_with("Requires-") || line.starts_with("Provides-Extra")) found += line + "\n";
  }
  return found;
}

}  // namespace

Result<std::string> resolution_inputs(BlobStore& blobs, const Release& release, const ResolveOptions& options) {
  const ReleaseFile* wheel = wheel_of(release);
  if (wheel == nullptr || options.constraints.empty() || wheel->size > kLargestWheel) return std::string();
  PENSTOCK_TRY(const std::string constraints, os::read_file(options.constraints));
  PENSTOCK_TRY(const std::string bytes, get(blobs, wheel->digest, kLargestWheel));
  const std::optional<std::string> metadata = wheel_metadata(bytes);
  if (!metadata) return std::string();  // pip will say what is wrong with it
  Sha256 inputs;
  for (const std::string& part : {options.interpreter, constraints, requirements_in(*metadata)}) {
    inputs.update(std::to_string(part.size()) + "\n" + part);
  }
  for (const auto& [name, value] : options.environment) {
    if (name.starts_with("PIP_")) inputs.update(name + "=" + value + "\n");
  }
  return to_hex(inputs.finish());
}

bool are_pinned(const std::vector<ReleaseFile>& wheels, const std::string& constraints) {
  std::set<std::string> pins;
  std::istringstream lines(constraints);
  for (std::string line; std::getline(lines, line);) {
    line = line.substr(0, line.find_first_of("#;"));  // what a marker leaves out doesn't count as pinned below
    std::erase_if(line, [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
    const size_t equals = line.find("==");
    if (equals == std::string::npos || line.find('*') != std::string::npos) continue;
    // As a wheel's file is called, whose name is normalized there.
    pins.insert(distribution_of(line.substr(0, equals) + "-" + line.substr(equals + 2) + ".tar.gz").name +
                line.substr(equals));
  }
  return std::all_of(wheels.begin(), wheels.end(), [&](const ReleaseFile& wheel) {
    const DistributionName name = distribution_of(wheel.name);
    return pins.contains(name.name + "==" + name.version);
  });
}

std::optional<ResolvedDependencies> resolved_before(BlobStore& blobs, const std::string& inputs,
                                                    const std::string& interpreter,
                                                    const std::vector<Release>& earlier) {
  if (inputs.empty()) return std::nullopt;
  for (const Release& release : earlier) {
    for (const ResolvedDependencies& resolved : release.dependencies) {
      if (resolved.inputs != inputs || resolved.interpreter != interpreter) continue;
      const bool all_there = std::all_of(resolved.wheels.begin(), resolved.wheels.end(),
                                         [&](const ReleaseFile& wheel) { return blobs.has(wheel.digest); });
      if (all_there) return resolved;
    }
  }
  return std::nullopt;
}

}  // namespace penstock
