#pragma once

#include <termios.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "os/unique_fd.h"

namespace penstock::sandbox {

class ShellWatch;

/// A terminal of the shell's own behind the caller's (standard input and output): what is typed goes in, what is
/// printed comes out, the size follows. So the shell can lead a session, and job control works in it. The caller's
/// terminal is raw while this lives.
class TerminalSession {
 public:
  static Result<std::unique_ptr<TerminalSession>> open();
  ~TerminalSession();
  TerminalSession(const TerminalSession&) = delete;
  TerminalSession& operator=(const TerminalSession&) = delete;

  /// Where the shell opens it.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Lets a watch carry the bytes.
  void join(ShellWatch& watch);

 private:
  TerminalSession() = default;
  bool carry_typed();
  bool carry_printed();
  void follow_size();

  os::UniqueFd master_;
  os::UniqueFd slave_;  // keeps the terminal alive between our opening and the shell's
  std::string path_;
  bool raw_ = false;
  termios before_{};
};

}  // namespace penstock::sandbox
