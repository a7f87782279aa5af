#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/runner.h"

namespace penstock {

/// Secrets and caches from a map.
class FakeSource final : public JobSource {
 public:
  std::map<std::string, std::string, std::less<>> secrets;
  std::map<std::string, Digest> caches;
  std::vector<std::vector<std::string>> asked_for;  ///< Keys, by call of find_cache.

  Result<std::string> secret(std::string_view name) override {
    const auto found = secrets.find(name);
    if (found == secrets.end()) return Error{Fault::user, "secret `" + std::string(name) + "` is not set", ""};
    return found->second;
  }
  Result<std::optional<Digest>> find_cache(const std::vector<std::string>& keys) override {
    asked_for.push_back(keys);
    for (const std::string& key : keys) {
      if (const auto found = caches.find(key); found != caches.end()) return std::optional(found->second);
    }
    return std::optional<Digest>();
  }
};

/// Keeps what a job prints in memory, and its caches in the map of a source.
class FakeSink final : public JobSink {
 public:
  explicit FakeSink(FakeSource& source) : source_(source) {}

  std::string text;                 ///< The log.
  std::optional<size_t> log_limit;  ///< After so many bytes the disk is full.
  std::function<void()> on_log;     ///< Called after each piece.
  std::function<void(Room& room, const JobResult& so_far)> on_failed;

  Result<> log(std::string_view bytes) override {
    if (log_limit && text.size() + bytes.size() > *log_limit) {
      return Error{Fault::machine, "can't write the log: No space left on device", ""};
    }
    text += bytes;
    if (on_log) on_log();
    return success();
  }
  Result<> keep_cache(std::string_view key, const Digest& tree) override {
    source_.caches[std::string(key)] = tree;
    return success();
  }
  void failed(Room& room, const JobResult& so_far, const std::vector<std::string>&) override {
    if (on_failed) on_failed(room, so_far);
  }

 private:
  FakeSource& source_;
};

}  // namespace penstock
