#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "blobs/folder_blob_store.h"
#include "os/files.h"
#include "os/testing/fake_clock.h"
#include "protocol/json.h"
#include "runner/runner.h"
#include "runner/testing/fake_ends.h"
#include "runner/testing/fake_executor.h"

namespace penstock {

/// A job that runs in the fake world, with a real blob store.
class JobTest : public ::testing::Test {
 protected:
  JobTest() : temp(std::move(os::TempFolder::make()).value()), sink(source) {
    blobs = std::move(open_folder_blob_store(temp.path() / "blobs")).value();
    spec.job = "job";
    spec.repository = "/home/ana/app";
  }

  JobResult run(const std::vector<std::string>& lines) {
    sink.text.clear();
    spec.steps = {ScriptStep{lines}};
    return Runner(executor, *blobs, clock).run(spec, source, sink, cancel);
  }
  void after(const std::vector<std::string>& lines) { spec.after_steps = {ScriptStep{lines}}; }
  [[nodiscard]] const std::string& log() const { return sink.text; }
  /// Requests it as soon as the log holds `text`.
  void cancel_at(const std::string& text, Cancel::Level level) {
    sink.on_log = [this, text, level] {
      if (log().find(text) != std::string::npos) cancel.request(level);
    };
  }

  os::TempFolder temp;
  std::unique_ptr<BlobStore> blobs;
  os::FakeClock clock;
  FakeExecutor executor;
  FakeSource source;
  FakeSink sink;
  Cancel cancel;
  JobSpec spec;
};

}  // namespace penstock
