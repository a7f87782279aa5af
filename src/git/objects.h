#pragma once

#include <deque>
#include <map>
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
  /// An object with its bytes; nothing where there is none by that name.
  using Contents = std::optional<std::pair<ObjectInfo, std::string>>;

  ObjectReader(std::vector<std::string> command, os::ProcessOptions options);

  /// Asks for several objects at once and doesn't wait: `contents` then takes the answer that has come meanwhile. For
  /// a few small ones, named by ids, since an answer is as old as the question.
  Result<> expect(const std::vector<std::string>& names);

  /// Type and size; nothing where there is no such object. Names hold no line break.
  Result<std::optional<ObjectInfo>> info(std::string_view name);
  /// Lets the process go, beside what the caller does next; another question starts a new one.
  void rest();
  /// The object with its bytes.
  Result<Contents> contents(std::string_view name);

 private:
  Result<> start();
  Result<Contents> read_bytes_of(std::optional<ObjectInfo> info);
  /// Takes in what was asked for by `expect`: until `name` is there, or all of it.
  Result<> take_expected(std::string_view name);
  Result<std::optional<ObjectInfo>> ask(std::string_view verb, std::string_view name);
  Result<std::string> read_line();
  Result<std::string> read_bytes(size_t count);
  Result<> fill();
  Result<size_t> read_some(char* to, size_t most);
  /// The process is gone, and with it what it was asked for.
  void forget();
  Error died();

  std::mutex mutex_;
  std::vector<std::string> command_;
  os::ProcessOptions options_;
  std::optional<os::Process> process_;
  std::optional<os::Process> leaving_;  ///< Told by `rest`; it needs to be waited for at some time.
  os::UniqueFd words_;                  ///< What it prints on standard error.
  std::string buffer_;
  size_t used_ = 0;                                       ///< Bytes of the buffer that were handed out.
  std::deque<std::string> asked_;                         ///< Expected, and not yet read, in git's order.
  std::map<std::string, Contents, std::less<>> arrived_;  ///< Expected, and not yet asked for by `contents`.
};

}  // namespace penstock::git
