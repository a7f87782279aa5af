#include "secrets/sealer.h"

#include <sodium.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "os/files.h"

namespace penstock {
namespace {

static_assert(Sealer::kKeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr char kFormat = 1;  // the first byte of what is sealed

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

Result<> check_owner_only(const std::filesystem::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return Error{Fault::machine, file.string() + ": " + std::strerror(errno), ""};
  if ((status.st_mode & 077) != 0) {
    return Error{Fault::user, "the key file " + file.string() + " can be read by others", "chmod 600 " + file.string()};
  }
  return success();
}

/// Makes a key file unless another process was quicker: a hard link never replaces one.
Result<std::string> make_key(const std::filesystem::path& file) {
  std::string key(Sealer::kKeyBytes, '\0');
  randombytes_buf(key.data(), key.size());
  PENSTOCK_CHECK(os::ensure_folder(file.parent_path(), 0700));
  std::string beside = file.string() + ".";
  for (int i = 0; i < 12; ++i) beside += static_cast<char>('a' + randombytes_uniform(26));
  PENSTOCK_CHECK(os::write_atomically(beside, key, os::Durability::power_safe, 0600));
  std::error_code error;
  std::filesystem::create_hard_link(beside, file, error);
  PENSTOCK_CHECK(os::remove_tree(beside));
  if (error && error != std::errc::file_exists)
    return Error{Fault::machine, file.string() + ": " + error.message(), ""};
  return os::read_file(file, Sealer::kKeyBytes);
}

}  // namespace

Result<Sealer> Sealer::open(const std::filesystem::path& file) {
  if (sodium_init() < 0)
    return Error{Fault::machine, "libsodium could not be initialised: no source of random numbers", ""};
  PENSTOCK_TRY(std::optional<std::string> found, os::read_file_if_exists(file, 4096));
  if (!found) {
    PENSTOCK_TRY(found, make_key(file));
  }
  PENSTOCK_CHECK(check_owner_only(file));
  if (found->size() != kKeyBytes) {
    return Error{Fault::user, "the key file " + file.string() + " is damaged: it must hold 32 bytes",
                 "restore it from a backup; what was sealed with it can't be read otherwise"};
  }
  Sealer sealer;
  std::memcpy(sealer.key_.data(), found->data(), kKeyBytes);
  sodium_memzero(found->data(), found->size());
  return sealer;
}

Sealer::Sealer(Sealer&& other) noexcept : key_(other.key_) { sodium_memzero(other.key_.data(), other.key_.size()); }

Sealer::~Sealer() { sodium_memzero(key_.data(), key_.size()); }

std::string Sealer::seal(std::string_view content, std::string_view purpose) const {
  std::string sealed(1 + kNonceBytes + content.size() + kTagBytes, '\0');
  sealed[0] = kFormat;
  unsigned char* nonce = bytes_of(sealed) + 1;
  randombytes_buf(nonce, kNonceBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + kNonceBytes, nullptr, bytes_of(content), content.size(),
                                             bytes_of(purpose), purpose.size(), nullptr, nonce, key_.data());
  return sealed;
}

Result<std::string> Sealer::unseal(std::string_view sealed, std::string_view purpose) const {
  const Error refused{Fault::machine, "what was sealed can't be opened: it is damaged, or was sealed with another key",
                      "use the key file that it was sealed with"};
  if (sealed.size() < 1 + kNonceBytes + kTagBytes || sealed[0] != kFormat) return refused;
  const unsigned char* nonce = bytes_of(sealed) + 1;
  const std::string_view body = sealed.substr(1 + kNonceBytes);
  std::string content(body.size() - kTagBytes, '\0');
  const int status =
      crypto_aead_xchacha20poly1305_ietf_decrypt(bytes_of(content), nullptr, nullptr, bytes_of(body), body.size(),
                                                 bytes_of(purpose), purpose.size(), nonce, key_.data());
  if (status != 0) return refused;
  return content;
}

}  // namespace penstock
