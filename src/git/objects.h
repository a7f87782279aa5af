#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "git/repository.h"
#include "os/process.h"

namespace penstock::git {

/// One long-lived `git cat-file --batch-command`, started when first needed and again where it has died. One question
/// at a time.
class ObjectReader {
 public:
  ObjectReader(std::vector<std::string> command, os::ProcessOptions options);

  /// Type and size; nothing where there is no such object. Names hold no line break.
  Result<std::optional<ObjectInfo>> info(std::string_view name);
  /// The object with its bytes.
  Result<std::optional<std::pair<ObjectInfo, std::string>>> contents(std::string_view name);

 private:
  Result<std::optional<ObjectInfo>> ask(std::string_view verb, std::string_view name);
  Result<std::string> read_line();
  Result<std::string> read_bytes(size_t count);
  Result<> fill();
  Result<size_t> read_some(char* to, size_t most);
  Error died();

  std::mutex mutex_;
  std::vector<std::string> command_;
  os::ProcessOptions options_;
  std::optional<os::Process> process_;
  os::UniqueFd words_;  ///< What it prints on standard error.
  std::string buffer_;
  size_t used_ = 0;  ///< Bytes of the buffer that were handed out.
};

}  // namespace penstock::git
