#pragma once

#include <memory>
#include <string>
#include <vector>

#include "os/files.h"
#include "os/process.h"

namespace penstock {

/// A real sshd on 127.0.0.1 for a test, run by and for whoever runs the test, with keys of its own. The client's
/// configuration knows it as `web-1`, and `dead` as a host where nobody listens.
class TestSshd {
 public:
  /// Nothing where this machine has no sshd, or won't run it.
  static std::unique_ptr<TestSshd> start();
  ~TestSshd();

  /// For HostPool.
  [[nodiscard]] std::vector<std::string> options() const { return {"-F" + (folder_.path() / "client").string()}; }
  /// Ends it and all its connections, as a host that goes down.
  void stop();
  [[nodiscard]] std::filesystem::path folder() const { return folder_.path(); }

 private:
  explicit TestSshd(os::TempFolder folder) : folder_(std::move(folder)) {}
  bool launch();

  os::TempFolder folder_;
  std::unique_ptr<os::Process> sshd_;
};

}  // namespace penstock
