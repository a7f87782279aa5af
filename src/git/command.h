#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "git/location.h"
#include "os/environment.h"
#include "os/process.h"

namespace penstock::git {

/// How git is called: the program with options that keep a repository's own configuration from running anything, and
/// the environment without what would point git elsewhere, ask a person, or translate messages. Pure: tested as text.
std::vector<std::string> command(const Location& location, const std::vector<std::string>& arguments);
os::Environment clean_environment(const os::Environment& from);

/// The Error for a git that ended badly: in git's own words, with help for what is known (an unsafe folder, a damaged
/// repository).
Error git_error(const std::vector<std::string>& arguments, const os::RunResult& result);

}  // namespace penstock::git
