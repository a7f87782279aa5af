#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/time_zone.h"
#include "environments/compile.h"
#include "environments/json.h"

namespace {

class NoZones : public penstock::TimeZones {
 public:
  penstock::Result<std::shared_ptr<const penstock::TimeZone>> find(std::string_view) override {
    return penstock::Error{penstock::Fault::user, "there is none", ""};
  }
};

}  // namespace

/// Any text compiles to environments that survive their JSON form, or to diagnostics that can be drawn.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  NoZones zones;
  auto source = std::make_shared<const penstock::SourceFile>(penstock::SourceFile{
      std::string(penstock::kEnvironmentsPath), std::string(reinterpret_cast<const char*>(data), size)});
  const penstock::CompiledEnvironments result = penstock::compile_environments(std::move(source), zones);
  if (result.file.has_value() == penstock::has_errors(result.diagnostics)) std::abort();
  if (!result.diagnostics.empty() && penstock::render(result.diagnostics, {}).empty()) std::abort();
  if (!result.file) return 0;
  for (const penstock::EnvironmentSpec& spec : result.file->environments) {
    const std::string json = penstock::to_json(spec);
    auto again = penstock::environment_from_json(json);
    if (json.find("\xEF\xBF\xBD") != std::string::npos) continue;  // wasn't UTF-8
    if (!again.ok()) std::abort();
    if (penstock::to_json(*again) != json) std::abort();
  }
  return 0;
}
