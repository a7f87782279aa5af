#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "blobs/folder_blob_store.h"
#include "environments/environment_spec.h"
#include "hosts/host_pool.h"
#include "net/http.h"
#include "os/files.h"
#include "rollout/release.h"
#include "target_hosts/hosts_target.h"

namespace penstock {

/// Ports of 127.0.0.1 that nobody listens on; no other test program gets them as long as this one runs.
std::vector<int> free_ports(size_t count);

/// Whether a program can be found, /usr/sbin included.
bool has_program(const std::string& name);

/// Waits until `holds` does, for a generous time at most; false where it never did.
bool eventually(const std::function<bool()>& holds);

/// An environment on this machine with everything real: supervisor, HAProxy, processes that serve HTTP. All of it ends
/// with the test.
class HostsFixture : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// Makes the target anew from `spec_`, as another process would.
  void open();
  /// A release of one file that serves HTTP: it answers with its release, port and what else the test asks.
  Release script_release(const std::string& version);
  /// The same as a wheel with one dependency, resolved for this machine's Python, and the command `run-app`. With a
  /// `script` it has that as `script-app` too, in its `.data` folder.
  Release wheel_release(const std::string& version, const std::string& script = {});
  Release release_of(const std::string& name, std::vector<ReleaseFile> files);
  ReleaseFile keep(const std::string& name, const std::string& content);
  [[nodiscard]] Instance instance(size_t slot, const Release& release,
                                  InstanceGroup group = InstanceGroup::stable) const;
  /// Prepares and starts it and waits until it answers.
  void bring_up(const Instance& instance, const Release& release);
  /// What the proxy (or another port) answers to GET `path`; the reason where it doesn't.
  std::string get(int port, const std::string& path = "/", const net::HttpHeaders& headers = {});
  void shift(std::vector<TrafficSplit::Share> shares);
  /// Visits the proxy without a pause while `move` is done five times, each time until some more have been served. How
  /// many visits met something else than a release.
  int failed_visits_while(const std::function<void(int round)>& move);
  /// Kills what supervisor runs by a command line with `part` in it, all their processes; false where there are none.
  [[nodiscard]] bool kill_programs(const std::string& part) const;
  [[nodiscard]] int supervisor_pid() const;

  os::TempFolder folder_ = os::TempFolder::make("/tmp", "th-").value();
  std::unique_ptr<BlobStore> blobs_;
  std::unique_ptr<HostPool> pool_ = std::make_unique<HostPool>();
  EnvironmentSpec spec_;
  std::vector<std::pair<std::string, std::string>> secrets_;
  std::unique_ptr<TargetOnHosts> target_;
  std::vector<int> ports_;
  int front_ = 0;
  int preview_ = 0;
};

/// The same, set up to take releases.
class PreparedHosts : public HostsFixture {
 protected:
  void SetUp() override {
    HostsFixture::SetUp();
    if (IsSkipped()) return;
    Result<> ready = target_->setup();
    ASSERT_TRUE(ready.ok()) << ready.error().message;
  }
};

}  // namespace penstock
