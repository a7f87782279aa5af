#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/plan.h"

namespace penstock {

/// The lines of all script steps, in order.
std::vector<std::string> lines_of(const std::vector<Step>& steps);

/// The bash text that runs these lines as gitlab-runner does: in one shell that stops at the first failure (errexit,
/// pipefail), each line shown as `$ line` before it runs (only the first of a block). Before each line its index (from
/// 0) is written to the file `marker`, which `failed_line` reads afterwards. No process is started but those of the
/// lines.
std::string make_script(const std::vector<std::string>& lines, std::string_view marker);

/// The index that a script wrote last; nothing where its first line wasn't reached.
std::optional<size_t> line_reached(std::string_view marker_content, size_t lines);

}  // namespace penstock
