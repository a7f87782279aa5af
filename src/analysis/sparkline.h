#pragma once

#include <string>
#include <vector>

namespace penstock {

/// `▁▁▂▁▁▅▂▁`: one cell a value, the highest value the highest bar; from zero up. Values that aren't finite or lie
/// below zero are a gap. With `unicode` false of the characters `_.-=+*#@`. Scale: `top`, else the largest value.
std::string sparkline(const std::vector<double>& values, bool unicode = true, double top = 0);

}  // namespace penstock
