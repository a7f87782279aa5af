#pragma once

#include <string>
#include <unordered_map>
#include <utility>

#include "os/unique_fd.h"

namespace penstock::sandbox {

/// What was written through an overlay, as its upper folder tells. It remembers the folders that it has looked at: what
/// is written later it may miss.
class UpperView {
 public:
  explicit UpperView(int upper) : upper_(upper) {}

  /// Whether the file, link or folder at this path is as a lower folder has it.
  [[nodiscard]] bool is_untouched(const std::string& path);

 private:
  enum class Folder { untouched, written_in, from_elsewhere };
  Folder look_at(const std::string& folder);

  int upper_;
  std::unordered_map<std::string, Folder> folders_;
};

}  // namespace penstock::sandbox
