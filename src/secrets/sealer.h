#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace penstock {

/// Seals bytes with one secret key (XChaCha20-Poly1305, a fresh nonce each time). `purpose` is bound into the seal:
/// what was sealed for one purpose ("secret:TOKEN", "run:17:context") opens for no other.
class Sealer {
 public:
  static constexpr size_t kKeyBytes = 32;

  /// The user's key from `file`; made with mode 0600 where there is none. A file that others may read is refused.
  static Result<Sealer> open(const std::filesystem::path& file);

  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;
  Sealer(Sealer&& other) noexcept;
  Sealer& operator=(Sealer&&) = delete;
  ~Sealer();  // wipes the key

  [[nodiscard]] std::string seal(std::string_view content, std::string_view purpose) const;
  [[nodiscard]] Result<std::string> unseal(std::string_view sealed, std::string_view purpose) const;

 private:
  Sealer() = default;
  std::array<uint8_t, kKeyBytes> key_{};
};

}  // namespace penstock
