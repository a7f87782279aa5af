#pragma once

#include <memory>
#include <string>

#include "delivery/ledger.h"

namespace penstock {

class HostShell;

/// The ledger of an environment in a folder of a host, `ledger/` below the environment's own (hosts/
/// environment_folder.h says what `folder` may be). One round trip a call; all that changes it happens under one lock
/// there, whose holder's death frees it, and is synced before the call returns. What is in the folder:
///   lease          token, fence, end (milliseconds since 1970 by the host's clock), who, what: a line each. Without a
///                  token nobody holds it, and the rest is the last holder's.
///   journal        a line of JSON an entry (rollout/journal.h). The line's number is the entry's. A half line at its
///                  end (a power cut) is no entry and is cut off by the next append.
///   manifests/ID   and notes/NAME, replaced whole.
///   files/ID/      the files of that release by their digests; they come and go without the lock.
std::unique_ptr<Ledger> make_folder_ledger(std::shared_ptr<HostShell> host, const std::string& folder,
                                           const std::string& environment);

}  // namespace penstock
