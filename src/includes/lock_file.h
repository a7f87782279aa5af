#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "includes/trees.h"

namespace penstock {

/// Where a project's lock lies.
inline constexpr std::string_view kLockPath = ".ci/lock.json";

/// One thing from outside of the project, and what exactly it is.
struct Pin {
  enum class Kind { project, remote, template_file, image };
  Kind kind = Kind::project;
  /// As the pipeline asks for it: `group/ci@v1`, a component's with its host (`gitlab.com/group/ci@1`); an address; a
  /// template's or an image's name.
  std::string name;
  std::string commit;   ///< Of a project in a repository.
  std::string version;  ///< The released version that the ref stood for.
  std::string sha256;   ///< Of a remote file or template: its content's; of an image: its digest, empty: not known.
  FileDigests files;    ///< Of a project in a folder that is no repository.

  friend bool operator==(const Pin&, const Pin&) = default;
};
std::string_view word_of(Pin::Kind kind);
/// What it is pinned to, for a person: `3f9c2e1 (1.2.3)`, `sha256:ab12cd34`, `not pinned`.
std::string pinned_to(const Pin& pin);

/// `.ci/lock.json`: sorted by kind and name.
struct LockFile {
  std::vector<Pin> pins;

  [[nodiscard]] const Pin* find(Pin::Kind kind, std::string_view name) const;
  /// Adds it, or replaces the one of that kind and name.
  void put(Pin pin);
};
/// The Error (Fault::user) says what is wrong in the text.
Result<LockFile> parse_lock(const std::string& text);
std::string to_text(const LockFile& lock);

/// What a change from one lock to another is, for a person: a line each, `+`, `-` or `~` in front.
std::vector<std::string> differences(const LockFile& before, const LockFile& after);

}  // namespace penstock
