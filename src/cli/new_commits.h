#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/time.h"
#include "git/repository.h"

namespace penstock {

/// Which commits went live with a release for the first time, as the repository here knows them. Git is asked once for
/// any number of releases.
class NewCommits {
 public:
  /// `live`: what was live before; what these reach is not new. `commits`: of the releases that are asked about, in
  /// their order. Where git can't tell, nothing is known.
  static NewCommits between(const git::Repository& repository, const std::deque<std::string>& live,
                            const std::vector<std::string>& commits);

  /// The committers' times of what `commit` reaches and neither `live` nor a commit that was asked about before does;
  /// the commit's own last. Nothing where the commit isn't known here, or nothing that was live before is (`before`):
  /// all of the past would be new.
  std::optional<std::vector<Instant>> of(const std::string& before, const std::string& commit);

 private:
  struct Node {
    Instant at;
    std::vector<std::string> parents;
    bool was_live = false;
  };

  std::unordered_set<std::string> known_;        ///< Of those that were named.
  std::unordered_map<std::string, Node> nodes_;  ///< The commits that are not reached by what was live.
};

}  // namespace penstock
