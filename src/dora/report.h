#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "dora/history.h"

namespace penstock {

/// Whose definitions: they differ in what they count (docs/dora.md has them side by side).
enum class DoraDefinition {
  gitlab,    ///< GitLab's DORA API.
  fourkeys,  ///< Google's Four Keys project, with its classes.
  dora2026,  ///< The DORA research's present wording.
};
std::string_view to_string(DoraDefinition definition);
std::optional<DoraDefinition> dora_definition_named(std::string_view name);

/// One figure, with how much it stands on. No value: nothing to tell it from, or the definition has none.
struct DoraFigure {
  std::optional<double> value;
  int64_t samples = 0;
  std::string class_name;  ///< Four Keys: `Daily`, `One week`, `0-15%`; else empty.

  friend bool operator==(const DoraFigure&, const DoraFigure&) = default;
};

struct DoraReport {
  DoraDefinition definition = DoraDefinition::dora2026;
  Instant from;
  Instant to;
  DoraFigure deployments_a_day;  ///< Samples: deployments.
  DoraFigure lead_time;          ///< Median, in seconds. Samples: commits, or deployments (gitlab).
  DoraFigure failure_rate;       ///< Share. Samples: deployments.
  DoraFigure recovery_time;      ///< Median, in seconds. Samples: failures that are over.
  DoraFigure rework_rate;        ///< Share. Samples: deployments. Only dora2026 has one.
  // What happened within the time, counted or not.
  int64_t releases = 0;
  int64_t configurations = 0;
  int64_t redeploys = 0;
  int64_t rollbacks = 0;
  int64_t never_live = 0;
  int64_t incidents = 0;

  friend bool operator==(const DoraReport&, const DoraReport&) = default;
};

/// Over what went live in [from, to), in all these environments together.
DoraReport dora_report(const std::vector<DoraHistory>& histories, DoraDefinition definition, Instant from, Instant to);

}  // namespace penstock
