#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace penstock::git {

struct Signature {
  std::string name;
  std::string email;
  Instant time;
  int zone_minutes = 0;  ///< East of UTC.
};

struct Commit {
  std::string id;
  std::string tree;
  std::vector<std::string> parents;
  Signature author;
  Signature committer;
  std::string message;  ///< As it is, with its last line break.

  /// The first line of the message.
  [[nodiscard]] std::string_view title() const;
  /// What follows the title and the empty line after it.
  [[nodiscard]] std::string_view description() const;
};

/// Reads a commit object's text. Fields that a damaged commit lacks stay empty; only one without a tree is an error.
Result<Commit> parse_commit(std::string_view id, std::string_view text);

/// `2026-11-21T14:03:07+01:00`: the form of CI_COMMIT_TIMESTAMP.
std::string to_iso8601(const Signature& signature);

}  // namespace penstock::git
