#include "secrets/secret_file.h"

#include <sodium.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.h"
#include "base/json_writer.h"
#include "base/suggest.h"
#include "base/variable_name.h"
#include "os/files.h"
#include "os/lock.h"
#include "secrets/sealer.h"

namespace penstock {
namespace {

constexpr int kFormat = 1;

std::string purpose_of(std::string_view name) { return "secret:" + std::string(name); }

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes(text.size(), '\0');
  size_t length = 0;
  const int status = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                                       text.size(), nullptr, &length, nullptr, sodium_base64_VARIANT_ORIGINAL);
  if (status != 0) return std::nullopt;
  bytes.resize(length);
  return bytes;
}

/// The values that a secret had before; nothing where that is damaged.
std::optional<std::vector<std::pair<int64_t, std::string>>> read_earlier(const nlohmann::json& entry) {
  std::vector<std::pair<int64_t, std::string>> earlier;
  if (!entry.contains("earlier")) return earlier;
  if (!entry["earlier"].is_array()) return std::nullopt;
  for (const nlohmann::json& value : entry["earlier"]) {
    if (!value.is_object() || !value.contains("version") || !value["version"].is_number_integer()) return std::nullopt;
    if (!value.contains("sealed") || !value["sealed"].is_string()) return std::nullopt;
    std::optional<std::string> sealed = from_base64(value["sealed"].get_ref<const std::string&>());
    if (!sealed) return std::nullopt;
    earlier.emplace_back(value["version"].get<int64_t>(), std::move(*sealed));
  }
  return earlier;
}

Error damaged(const std::filesystem::path& file) {
  return {Fault::machine, "the secrets in " + file.string() + " can't be read: the file is damaged",
          "remove the file and set the secrets again"};
}

}  // namespace

Result<SecretFile::Secrets> SecretFile::load() const {
  PENSTOCK_TRY(const std::optional<std::string> text, os::read_file_if_exists(file_, size_t{16} << 20));
  Secrets secrets;
  if (!text) return secrets;
  const nlohmann::json json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object() || !json.contains("format") || json["format"] != kFormat) return damaged(file_);
  if (!json.contains("secrets") || !json["secrets"].is_object()) return damaged(file_);
  for (const auto& [name, entry] : json["secrets"].items()) {
    if (!entry.is_object() || !entry.contains("sealed") || !entry["sealed"].is_string()) return damaged(file_);
    if (entry.contains("set_at") && !entry["set_at"].is_number_integer()) return damaged(file_);
    if (entry.contains("version") && !entry["version"].is_number_integer()) return damaged(file_);
    std::optional<std::string> sealed = from_base64(entry["sealed"].get_ref<const std::string&>());
    auto earlier = read_earlier(entry);
    if (!sealed || !earlier) return damaged(file_);
    secrets[name] = {std::move(*sealed), Instant(Duration(entry.value("set_at", int64_t{0}))),
                     entry.value("version", int64_t{1}), std::move(*earlier)};
  }
  return secrets;
}

Result<> SecretFile::save(const Secrets& secrets) const {
  std::string text;
  JsonWriter json(text, 1);
  json.begin_object().member("format", kFormat).key("secrets").begin_object();
  for (const auto& [name, entry] : secrets) {
    json.key(name).begin_object().member("sealed", to_base64(entry.sealed));
    json.member("set_at", static_cast<int64_t>(entry.set_at.time_since_epoch().count()));
    json.member("version", entry.version);
    if (!entry.earlier.empty()) {
      json.key("earlier").begin_array();
      for (const auto& [version, sealed] : entry.earlier) {
        json.begin_object().member("version", version).member("sealed", to_base64(sealed)).end_object();
      }
      json.end_array();
    }
    json.end_object();
  }
  json.end_object().end_object();
  return os::write_atomically(file_, text + "\n", os::Durability::power_safe, 0600);
}

Result<> SecretFile::change(const std::function<Result<>(Secrets&)>& edit) const {
  PENSTOCK_CHECK(os::ensure_folder(file_.parent_path(), 0700));
  PENSTOCK_TRY(const os::FileLock lock, os::FileLock::take(file_.string() + ".lock"));
  PENSTOCK_TRY(Secrets secrets, load());
  PENSTOCK_CHECK(edit(secrets));
  return save(secrets);
}

Result<std::vector<SecretFile::Entry>> SecretFile::list() const {
  PENSTOCK_TRY(const Secrets secrets, load());
  std::vector<Entry> entries;
  entries.reserve(secrets.size());
  for (const auto& [name, entry] : secrets) entries.push_back({name, entry.set_at, entry.version});
  return entries;
}

Result<std::optional<std::string>> SecretFile::get(const Sealer& sealer, std::string_view name) const {
  PENSTOCK_TRY(const Secrets secrets, load());
  const auto found = secrets.find(name);
  if (found == secrets.end()) return std::optional<std::string>();
  PENSTOCK_TRY(std::string value, sealer.unseal(found->second.sealed, purpose_of(name)));
  return std::optional<std::string>(std::move(value));
}

Result<std::optional<std::string>> SecretFile::get(const Sealer& sealer, std::string_view name, int64_t version) const {
  PENSTOCK_TRY(const Secrets secrets, load());
  const auto found = secrets.find(name);
  if (found == secrets.end()) return std::optional<std::string>();
  const std::string* sealed = found->second.version == version ? &found->second.sealed : nullptr;
  for (const auto& [earlier, value] : found->second.earlier) {
    if (earlier == version) sealed = &value;
  }
  if (sealed == nullptr) return std::optional<std::string>();
  PENSTOCK_TRY(std::string value, sealer.unseal(*sealed, purpose_of(name)));
  return std::optional<std::string>(std::move(value));
}

Result<> SecretFile::set(const Sealer& sealer, std::string_view name, std::string_view value, Instant now) {
  if (!is_variable_name(name)) {
    return Error{
        Fault::user, "`" + std::string(name) + "` can't be the name of a secret",
        "use letters, digits and underscores, beginning with a letter: jobs get it as an environment variable"};
  }
  return change([&](Secrets& secrets) -> Result<> {
    Stored& secret = secrets[std::string(name)];
    if (!secret.sealed.empty()) {
      secret.earlier.emplace(secret.earlier.begin(), secret.version, std::move(secret.sealed));
      if (secret.earlier.size() > kEarlierVersions) secret.earlier.pop_back();
      ++secret.version;
    }
    secret.sealed = sealer.seal(value, purpose_of(name));
    secret.set_at = now;
    return success();
  });
}

Result<> SecretFile::remove(std::string_view name) {
  return change([&](Secrets& secrets) -> Result<> {
    const auto found = secrets.find(name);
    if (found != secrets.end()) {
      secrets.erase(found);
      return success();
    }
    std::vector<std::string_view> names;
    for (const auto& [known, entry] : secrets) names.push_back(known);
    const std::optional<std::string> near = did_you_mean(name, names);
    return Error{Fault::user, "there is no secret `" + std::string(name) + "`",
                 near ? "did you mean `" + *near + "`?" : "list them with: ci secrets list"};
  });
}

}  // namespace penstock
