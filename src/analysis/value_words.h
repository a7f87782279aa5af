#pragma once

#include <string>

#include "analysis/analysis_spec.h"

namespace penstock {

/// A metric's value as a person reads it: `0.21%`, `84ms`, `12s`, `1.5`.
std::string value_words(const Metric& metric, double value);
/// `p 0.62`, `p < 0.0001`.
std::string p_words(double p);
/// A relative difference in percent: `38%`.
std::string percent_words(double share);
/// `15 times as much`.
std::string times_words(double times);

}  // namespace penstock
