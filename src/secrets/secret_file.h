#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace penstock {

class Sealer;

/// The secrets of a repository: each sealed by itself under its name in one JSON file, replaced as a whole. Values are
/// opened only when they are asked for. Safe for several processes: a change takes a lock beside the file.
class SecretFile {
 public:
  struct Entry {
    std::string name;
    Instant set_at;
  };

  /// `file` needn't exist.
  explicit SecretFile(std::filesystem::path file) : file_(std::move(file)) {}

  /// Sorted by name.
  [[nodiscard]] Result<std::vector<Entry>> list() const;
  /// Nothing where no secret has that name.
  [[nodiscard]] Result<std::optional<std::string>> get(const Sealer& sealer, std::string_view name) const;
  /// The name must be one of an environment variable.
  Result<> set(const Sealer& sealer, std::string_view name, std::string_view value, Instant now);
  /// An unknown name is an error with a suggestion.
  Result<> remove(std::string_view name);

 private:
  struct Stored {
    std::string sealed;
    Instant set_at;
  };
  using Secrets = std::map<std::string, Stored, std::less<>>;
  [[nodiscard]] Result<Secrets> load() const;
  Result<> save(const Secrets& secrets) const;
  Result<> change(const std::function<Result<>(Secrets&)>& edit) const;

  std::filesystem::path file_;
};

/// A letter or `_`, then letters, digits and `_`.
bool is_variable_name(std::string_view name);

}  // namespace penstock
