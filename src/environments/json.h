#pragma once

#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"
#include "environments/environment_spec.h"

namespace penstock {

/// An environment's stable JSON form, as it is stored with each deployment. Members that hold their default are left
/// out, so a keyword that a later version adds changes nothing here; `format` says the version of the form, and within
/// one no default changes. Where it was declared is no part of it.
std::string to_json(const EnvironmentSpec& spec);

/// Reads what `to_json` wrote, of this format or an earlier one. Unknown members are an error: an environment is never
/// half understood.
Result<EnvironmentSpec> environment_from_json(std::string_view text);

/// The configuration of a deployment: the SHA-256 of its environment's JSON form.
Digest configuration_digest(const EnvironmentSpec& spec);

}  // namespace penstock
