#pragma once

#include <string>
#include <string_view>

namespace penstock {

/// `CI_ENVIRONMENT_SLUG`: at most 24 characters of `a-z0-9-` that start with a letter; a name that had to be changed
/// gets a suffix made from its digest, the same one that GitLab makes.
std::string environment_slug(std::string_view name);

/// The tier that GitLab derives from an environment's name: production, staging, testing, development or other.
std::string environment_tier(std::string_view name);

/// `CI_JOB_NAME_SLUG`, `CI_COMMIT_REF_SLUG`: lower case, everything but `a-z0-9` becomes `-`, at most 63 characters, no
/// `-` at either end.
std::string name_slug(std::string_view name);

/// Whether GitLab would accept it: letters, digits, spaces and `-_/${}.`, no `/` at either end, at most 255 characters.
bool is_environment_name(std::string_view name);
/// The same of a resource group, whose length has no limit here.
bool is_resource_group_name(std::string_view name);

/// Whether a pattern of an environments file means this name: `*` stands for any text, `/` too, all else for itself.
bool matches_environment(std::string_view pattern, std::string_view name);

}  // namespace penstock
