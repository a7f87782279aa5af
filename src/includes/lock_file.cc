#include "includes/lock_file.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/json_writer.h"
#include "includes/refs.h"

namespace penstock {
namespace {

constexpr int kVersion = 1;
constexpr std::array<std::string_view, 4> kWords{"project", "remote", "template", "image"};
constexpr size_t kLargest = size_t{4} << 20;

using nlohmann::json;

Error wrong(const std::string& what) {
  return {Fault::user, "`" + std::string(kLockPath) + "` can't be read: " + what, "write it anew with: ci lock"};
}

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool is_sha256(const std::string& text) { return digest_from_hex(text).has_value(); }

Result<Pin> read_pin(const json& object) {
  if (!object.is_object()) return wrong("an entry is no object");
  Pin pin;
  const std::string kind = text_at(object, "kind");
  const auto word = std::find(kWords.begin(), kWords.end(), kind);
  if (word == kWords.end()) return wrong("there is no kind `" + kind + "`");
  pin.kind = static_cast<Pin::Kind>(word - kWords.begin());
  pin.name = text_at(object, "name");
  if (pin.name.empty()) return wrong("an entry has no name");
  pin.commit = text_at(object, "commit");
  pin.version = text_at(object, "version");
  pin.sha256 = text_at(object, "sha256");
  if (!pin.commit.empty() && !is_commit_id(pin.commit)) return wrong("the commit of `" + pin.name + "` is none");
  if (!pin.sha256.empty() && !is_sha256(pin.sha256)) return wrong("the digest of `" + pin.name + "` is none");
  if (const auto files = object.find("files"); files != object.end()) {
    if (!files->is_object()) return wrong("the files of `" + pin.name + "` are none");
    for (const auto& [path, digest] : files->items()) {
      const auto read = digest.is_string() ? digest_from_hex(digest.get<std::string>()) : std::nullopt;
      if (!read) return wrong("the digest of `" + path + "` is none");
      pin.files.emplace(path, *read);
    }
  }
  const bool content = pin.kind == Pin::Kind::remote || pin.kind == Pin::Kind::template_file;
  if (content && pin.sha256.empty()) return wrong("`" + pin.name + "` has no digest");
  return pin;
}

auto order(const Pin& pin) { return std::tie(pin.kind, pin.name); }

void write_pin(JsonWriter& out, const Pin& pin) {
  out.begin_object().member("kind", word_of(pin.kind)).member("name", pin.name);
  if (!pin.commit.empty()) out.member("commit", pin.commit);
  if (!pin.version.empty()) out.member("version", pin.version);
  if (!pin.sha256.empty()) out.member("sha256", pin.sha256);
  if (!pin.files.empty()) {
    out.key("files").begin_object();
    for (const auto& [path, digest] : pin.files) out.member(path, to_hex(digest));
    out.end_object();
  }
  out.end_object();
}

}  // namespace

std::string_view word_of(Pin::Kind kind) { return kWords.at(static_cast<size_t>(kind)); }

std::string pinned_to(const Pin& pin) {
  if (!pin.commit.empty()) return pin.commit.substr(0, 8) + (pin.version.empty() ? "" : " (" + pin.version + ")");
  if (!pin.sha256.empty()) return "sha256:" + pin.sha256.substr(0, 8);
  if (pin.kind == Pin::Kind::project) {
    return std::to_string(pin.files.size()) + (pin.files.size() == 1 ? " file" : " files") + " by content";
  }
  return "not pinned";
}

const Pin* LockFile::find(Pin::Kind kind, std::string_view name) const {
  const auto found =
      std::find_if(pins.begin(), pins.end(), [&](const Pin& pin) { return pin.kind == kind && pin.name == name; });
  return found == pins.end() ? nullptr : &*found;
}

void LockFile::put(Pin pin) {
  const auto at = std::lower_bound(pins.begin(), pins.end(), pin,
                                   [](const Pin& one, const Pin& other) { return order(one) < order(other); });
  if (at != pins.end() && order(*at) == order(pin)) {
    *at = std::move(pin);
  } else {
    pins.insert(at, std::move(pin));
  }
}

Result<LockFile> parse_lock(const std::string& text) {
  if (text.size() > kLargest) return wrong("it is larger than 4 MiB");
  const json root = json::parse(text, nullptr, false);
  if (!root.is_object()) return wrong("it is no JSON object");
  const auto version = root.find("version");
  if (version == root.end() || *version != kVersion) return wrong("it isn't of version 1");
  const auto pins = root.find("locked");
  if (pins == root.end() || !pins->is_array()) return wrong("it has no list `locked`");
  LockFile lock;
  for (const json& object : *pins) {
    PENSTOCK_TRY(Pin pin, read_pin(object));
    lock.put(std::move(pin));
  }
  return lock;
}

std::string to_text(const LockFile& lock) {
  std::string text;
  JsonWriter out(text, 2);
  out.begin_object().member("version", static_cast<uint64_t>(kVersion)).key("locked").begin_array();
  for (const Pin& pin : lock.pins) write_pin(out, pin);
  out.end_array().end_object();
  return text + "\n";
}

std::vector<std::string> differences(const LockFile& before, const LockFile& after) {
  LockFile all = before;
  for (const Pin& pin : after.pins) all.put(pin);
  std::vector<std::string> lines;
  for (const Pin& pin : all.pins) {
    const Pin* old = before.find(pin.kind, pin.name);
    const Pin* now = after.find(pin.kind, pin.name);
    if (old != nullptr && now != nullptr && *old == *now) continue;
    const std::string what = std::string(word_of(pin.kind)) + " " + pin.name + "  ";
    if (old == nullptr) {
      lines.push_back("+ " + what + pinned_to(*now));
    } else if (now == nullptr) {
      lines.push_back("- " + what + pinned_to(*old));
    } else {
      lines.push_back("~ " + what + pinned_to(*old) + " → " + pinned_to(*now));
    }
  }
  return lines;
}

}  // namespace penstock
