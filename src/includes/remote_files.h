#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"
#include "includes/settings.h"

namespace penstock {

/// Files at http addresses, kept by content in a folder that all projects of a user share.
class RemoteFiles {
 public:
  RemoteFiles(std::filesystem::path folder, IncludeSettings settings)
      : folder_(std::move(folder)), settings_(std::move(settings)) {}

  /// The text. With a digest, content that has it is not asked for again; whether what comes has it, the caller checks.
  /// At most 1 MiB within 15 seconds (and a minute for all files together) over at most five redirects, and from
  /// public addresses only, but for allowed hosts. Plain http wants a digest. Offline: as it was last fetched.
  Result<std::string> get(const std::string& url, const std::optional<Digest>& digest);

 private:
  Result<std::string> fetch(const std::string& url, bool plain_allowed, Duration timeout);
  [[nodiscard]] std::optional<std::string> kept(const Digest& digest) const;
  [[nodiscard]] std::filesystem::path address_file(const std::string& url) const;
  void keep(const std::string& url, const std::string& text);

  std::filesystem::path folder_;
  IncludeSettings settings_;
  Duration left_ = std::chrono::minutes(1);  ///< To wait for all files that are still to come.
};

}  // namespace penstock
