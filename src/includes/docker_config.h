#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace penstock {

/// What the user's Docker has for a registry (`auths`, `credHelpers` and `credsStore` in `folder`/config.json): the
/// value of an `Authorization: Basic` header; empty where it has nothing. A helper is asked as Docker does, for at most
/// ten seconds. An Error: the file or the helper can't be used.
Result<std::string> docker_credentials(const std::filesystem::path& folder, const std::string& registry);

}  // namespace penstock
