#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "git/location.h"

namespace penstock::git {

/// Whether `text` is a full object id: 40 or 64 lower-case hexadecimal digits.
bool is_object_id(std::string_view text);

/// What HEAD says: a ref's full name, or a commit.
struct Head {
  std::string ref;     ///< `refs/heads/main`; empty where detached.
  std::string commit;  ///< Empty where the ref has no commit yet.
};

/// HEAD by reading files: nothing where git must be asked (reftable, a symbolic link, damage).
std::optional<Head> read_head(const Location& location);

/// The id that a ref points at, by reading files; nothing where it isn't there or isn't plain.
std::optional<std::string> read_ref(const Location& location, const std::string& name);

struct PackedRef {
  std::string id;
  std::string peeled;  ///< What an annotated tag points at in the end, where that is known.
};

/// All refs that the work trees share (refs/heads, refs/tags, refs/remotes, …), by full name; symbolic ones
/// (`refs/remotes/origin/HEAD`) have `ref: NAME` as id. Nothing where git must be asked.
Result<std::optional<std::map<std::string, PackedRef>>> read_all_refs(const Location& location);

}  // namespace penstock::git
