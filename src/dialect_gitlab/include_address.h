#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"

namespace penstock::gitlab {

/// `gitlab.com/group/sub/project/name@1.2`: a component's address (doc/ci/components). All parts are there.
struct ComponentAddress {
  std::string host;  ///< With a port where one is written.
  std::string project;
  std::string name;
  std::string reference;  ///< A commit, tag or branch, `~latest`, `1` or `1.2`.

  friend bool operator==(const ComponentAddress&, const ComponentAddress&) = default;
};

/// Nothing where the text has another form.
std::optional<ComponentAddress> parse_component_address(std::string_view text);

/// `group/project` or deeper: parts of letters, digits and `_-.+`, none of them beginning with a dash or only of dots,
/// so that it is safe as part of a path or an address.
bool is_project_path(std::string_view text);

/// `sha256-` and the digest as base64, as `include: integrity` has it.
std::optional<Digest> parse_integrity(std::string_view text);
std::string to_integrity(const Digest& digest);

}  // namespace penstock::gitlab
