#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"
#include "rollout/journal.h"

namespace penstock {

/// Who holds an environment.
struct LeaseHolder {
  std::string who;    ///< `ana on laptop-7`.
  std::string what;   ///< `app-2.8.0 (rollout 12)`.
  std::string token;  ///< Of this holder alone: proves that a later call is the same one's.
  Instant until;      ///< By the target's clock; renewed long before.
  int64_t fence = 0;  ///< Rises with each new holder: what an older one still writes is refused.

  friend bool operator==(const LeaseHolder&, const LeaseHolder&) = default;
};

/// The truth about an environment, which lives at its target: who holds it, and what has happened to it. Calls block
/// and are safe from many machines at a time.
class Ledger {
 public:
  virtual ~Ledger() = default;

  /// Takes the lease where it is free, expired or already the caller's; else tells who has it. The fence is the new
  /// holder's: greater than any before it, and than the one that the caller names.
  struct Taken {
    bool taken = false;
    LeaseHolder holder;  ///< The caller, or who has it.
  };
  virtual Result<Taken> take(const LeaseHolder& holder, Duration for_time) = 0;
  /// False: lost to another.
  virtual Result<bool> renew(const LeaseHolder& holder, Duration for_time) = 0;
  virtual Result<> let_go(const LeaseHolder& holder) = 0;
  virtual Result<std::optional<LeaseHolder>> holder() = 0;
  /// Nothing where this is the newest fence; else who has the environment.
  virtual Result<std::optional<std::string>> newer_than(int64_t fence) = 0;

  /// Appends, synced to disk. With a fence that isn't the newest: Fault::user, and nothing is written. Fence 0: an
  /// entry that needs no lease (approvals, incidents).
  virtual Result<int64_t> append(const JournalEntry& entry, int64_t fence) = 0;
  /// Entries with a greater number, oldest first.
  virtual Result<std::vector<JournalEntry>> entries(int64_t after) = 0;
  /// Release manifests (rollout/release.h as JSON) that the journal's releases refer to, so that another clone can roll
  /// back to one. Nothing where it was cleaned away.
  virtual Result<> put_manifest(const std::string& release, const std::string& json) = 0;
  virtual Result<std::optional<std::string>> manifest(const std::string& release) = 0;
  /// A file of a release, so that another clone can start what it didn't build; `content` is read where it isn't there
  /// yet.
  virtual Result<> put_file(const std::string& release, const Digest& digest, const std::filesystem::path& content) = 0;
  /// Its content, compared with the digest; nothing where it isn't there.
  virtual Result<std::optional<std::string>> file(const std::string& release, const Digest& digest) = 0;
  /// Removes the files of all releases but these.
  virtual Result<> tidy_files(const std::vector<std::string>& keep_releases) = 0;
  /// A named text, replaced whole and synced: what a target must remember of its environment beside the journal. The
  /// fence as in `append`. The name is one path component.
  virtual Result<> put_note(const std::string& name, const std::string& text, int64_t fence) = 0;
  virtual Result<std::optional<std::string>> note(const std::string& name) = 0;
};

}  // namespace penstock
