#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "rollout/release.h"

namespace penstock {

class BlobStore;

/// The files of releases, laid out for scripts: `ID/` holds the artifacts by their names,
/// `ID/dependencies/INTERPRETER/` the wheels that they stand on. Safe from many threads.
class ReleaseFolder {
 public:
  ReleaseFolder(BlobStore& blobs, std::filesystem::path folder) : blobs_(blobs), folder_(std::move(folder)) {}

  [[nodiscard]] std::filesystem::path of(const std::string& release) const { return folder_ / release; }
  /// Writes what isn't there yet. Each file is read again and compared with its digest, also one that was there.
  Result<> lay_out(const Release& release);
  /// Removes all releases but these.
  Result<> tidy(const std::vector<std::string>& keep);

 private:
  Result<> lay_out_file(const ReleaseFile& file, const std::filesystem::path& folder);

  BlobStore& blobs_;
  std::filesystem::path folder_;
  std::mutex mutex_;
};

}  // namespace penstock
