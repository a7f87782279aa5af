#include "intake/environments.h"

#include <memory>

#include "calendar/time_zone.h"
#include "intake/sources.h"

namespace penstock {
namespace {

class Utc : public TimeZone {
 public:
  [[nodiscard]] std::string_view name() const override { return "UTC"; }
  [[nodiscard]] Period period_at(Instant) const override { return {}; }
};

class OnlyUtc : public TimeZones {
 public:
  Result<std::shared_ptr<const TimeZone>> find(std::string_view name) override {
    if (name == "UTC") return std::shared_ptr<const TimeZone>(std::make_shared<Utc>());
    return Error{Fault::user, "time zone `" + std::string(name) + "` is not known", "use `UTC`"};
  }
};

}  // namespace

Result<std::optional<CompiledEnvironments>> read_environments(const git::Repository& repository,
                                                              const std::string& commit, bool worktree) {
  RepositorySources sources(repository, commit, {}, worktree);
  PENSTOCK_TRY(std::optional<std::string> text, sources.read(kEnvironmentsPath));
  if (!text) return std::optional<CompiledEnvironments>();
  OnlyUtc zones;
  auto source = std::make_shared<const SourceFile>(SourceFile{std::string(kEnvironmentsPath), std::move(*text)});
  return std::optional(compile_environments(std::move(source), zones));
}

}  // namespace penstock
