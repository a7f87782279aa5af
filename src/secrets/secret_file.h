#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace penstock {

class Sealer;

/// The secrets of a repository: each sealed by itself under its name in one JSON file, replaced as a whole. Values are
/// opened only when they are asked for. A value that is set anew gets the next version; the last ones before it are
/// kept, so that a release can go back to what it was deployed with. Safe for several processes: a change takes a lock
/// beside the file.
class SecretFile {
 public:
  struct Entry {
    std::string name;
    Instant set_at;
    int64_t version = 1;
  };
  /// So many earlier values of a secret are kept.
  static constexpr size_t kEarlierVersions = 9;

  /// `file` needn't exist.
  explicit SecretFile(std::filesystem::path file) : file_(std::move(file)) {}

  /// Sorted by name.
  [[nodiscard]] Result<std::vector<Entry>> list() const;
  /// Nothing where no secret has that name.
  [[nodiscard]] Result<std::optional<std::string>> get(const Sealer& sealer, std::string_view name) const;
  /// Of that version; nothing where it isn't kept any more.
  [[nodiscard]] Result<std::optional<std::string>> get(const Sealer& sealer, std::string_view name,
                                                       int64_t version) const;
  /// The name must be one of an environment variable.
  Result<> set(const Sealer& sealer, std::string_view name, std::string_view value, Instant now);
  /// An unknown name is an error with a suggestion.
  Result<> remove(std::string_view name);

 private:
  struct Stored {
    std::string sealed;
    Instant set_at;
    int64_t version = 1;
    std::vector<std::pair<int64_t, std::string>> earlier;  ///< Version and sealed value, newest first.
  };
  using Secrets = std::map<std::string, Stored, std::less<>>;
  [[nodiscard]] Result<Secrets> load() const;
  Result<> save(const Secrets& secrets) const;
  Result<> change(const std::function<Result<>(Secrets&)>& edit) const;

  std::filesystem::path file_;
};

}  // namespace penstock
