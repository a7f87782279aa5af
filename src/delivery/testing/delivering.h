#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "blobs/folder_blob_store.h"
#include "delivery/delivery.h"
#include "delivery/folder_ledger.h"
#include "delivery/testing/process_target.h"
#include "hosts/host_pool.h"
#include "os/clock.h"
#include "os/files.h"

namespace penstock {

/// A deliverer over real processes, a real ledger and real blobs; releases `r1` (live) and `r2`.
class Delivering : public testing::Test {
 protected:
  Delivering() : folder_(std::move(*os::TempFolder::make())) {
    ledger_ = make_folder_ledger(*pool_.at("local"), folder_.path() / "environment", "production");
    blobs_ = std::move(*open_folder_blob_store(folder_.path() / "blobs"));
    order_.environment.name = "production";
    order_.environment.readiness.what = Probe::Http{};
    order_.environment.rollout.steers_traffic = true;
    order_.environment.rollout.health.every = Duration(10);
    order_.environment.rollout.health.failures = 2;
    order_.from = "r1";
    order_.to = "r2";
    for (const char* id : {"r1", "r2"}) {
      Release release;
      release.id = id;
      release.name = std::string("app-") + id;
      order_.releases.push_back(release);
    }
    order_.holder = {"ana on laptop", "app-r2", "token-ana", {}, 0};
    order_.entry.rollout = "1@laptop";
    order_.entry.by = {"ana", "ana@example.org", false};
    order_.variables = {{"PATH", "/usr/bin:/bin"}};
    order_.folder = folder_.path();
    const std::vector<int> ports = ProcessTarget::free_ports(4);
    for (int i = 0; i < 4; ++i) {
      instances_.push_back({{"web" + std::to_string(i), ports[static_cast<size_t>(i)]}, "r2", InstanceGroup::incoming});
    }
  }

  void open() { deliverer_ = make_deliverer({target_, *ledger_, *blobs_, clock_}, order_); }

  os::TempFolder folder_;
  os::SystemClock clock_;
  HostPool pool_;
  ProcessTarget target_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<BlobStore> blobs_;
  DeliveryOrder order_;
  std::vector<Instance> instances_;
  std::unique_ptr<Deliverer> deliverer_;
};

}  // namespace penstock
