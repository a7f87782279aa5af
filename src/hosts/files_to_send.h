#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/unique_fd.h"

namespace penstock {

/// Local files one after the other, each to the size that was announced, in pieces: a script's standard input
/// (HostScript::more_input).
class FilesToSend {
 public:
  struct File {
    std::filesystem::path source;
    uint64_t size = 0;
  };
  explicit FilesToSend(std::vector<File> files);

  /// Valid until the next call; empty at the end, and where there is a problem.
  std::string_view next();
  /// Why a file can't be read, or not to its size. Whoever got the pieces has too little then, and what it says of that
  /// is no reason of its own.
  [[nodiscard]] const std::optional<Error>& problem() const { return problem_; }

 private:
  std::vector<File> files_;
  std::vector<char> buffer_;
  size_t index_ = 0;
  uint64_t sent_ = 0;
  os::UniqueFd file_;
  std::optional<Error> problem_;
};

}  // namespace penstock
