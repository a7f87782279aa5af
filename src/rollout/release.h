#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"

namespace penstock {

/// One file of a release.
struct ReleaseFile {
  std::string name;  ///< The file's own name: `app-2.8.0-py3-none-any.whl`.
  Digest digest;
  uint64_t size = 0;

  friend bool operator==(const ReleaseFile&, const ReleaseFile&) = default;
};

/// A Python program that tells which wheels an interpreter can install: `cpython-3.11-cp311-manylinux_2_36_x86_64`
/// (implementation, version, ABI, platform with the C library's version). Run by that interpreter with `-c`; takes
/// Python 3.6 or later.
inline constexpr const char* kInterpreterProbe =
    "import sys,sysconfig,platform as p\n"
    "m=sysconfig.get_platform().replace('-','_').replace('.','_')\n"
    "l,v=p.libc_ver()\n"
    "if m.startswith('linux_') and l=='glibc': m='manylinux_'+'_'.join(v.split('.')[:2])+m[5:]\n"
    "a='cp%d%d%s'%(sys.version_info[0],sys.version_info[1],getattr(sys,'abiflags',''))\n"
    "print('%s-%d.%d-%s-%s'%(sys.implementation.name,sys.version_info[0],sys.version_info[1],a,m))";

/// What a wheel stands on, resolved once for one kind of interpreter: hosts install exactly these files, by their
/// digests and without an index.
struct ResolvedDependencies {
  std::string interpreter;  ///< What kInterpreterProbe prints.
  std::vector<ReleaseFile> wheels;
  Instant resolved_at;
  /// Digest of all that the outcome depended on, where the same must come of it again: every version was pinned. Else
  /// empty.
  std::string inputs = {};

  friend bool operator==(const ResolvedDependencies&, const ResolvedDependencies&) = default;
};

/// What a run built: built once, promoted by digest. Its id says its content, so two runs that built the same bytes
/// from the same commit made one release.
struct Release {
  std::string id;  ///< `id_of`: the SHA-256 of the commit and the artifacts, in hex; people write its first 12 digits.
  std::string name;     ///< `app-2.8.0`: of the first wheel, else of the first artifact, with its commit.
  std::string version;  ///< `2.8.0`; empty where the name holds none.
  std::vector<ReleaseFile> artifacts;
  std::string commit;
  std::string subject;  ///< First line of the commit's message.
  std::string author;   ///< `Name <email>` of the commit.
  Instant committed_at;
  std::string ref;
  int64_t run = 0;    ///< That built it.
  std::string tests;  ///< `412 passed`; empty where the run told none.
  Instant built_at;   ///< For the first time, where several runs built it.
  std::vector<ResolvedDependencies> dependencies;

  friend bool operator==(const Release&, const Release&) = default;
};

/// The id that these contents have, in whatever order the artifacts are named.
std::string release_id(const std::string& commit, std::vector<ReleaseFile> artifacts);

/// The manifest of a release, as it is stored and as it lies at a target. Members that this version doesn't know are
/// ignored when read; one whose id isn't that of its contents is an Error.
std::string to_json(const Release& release);
Result<Release> release_from_json(std::string_view text);

}  // namespace penstock
