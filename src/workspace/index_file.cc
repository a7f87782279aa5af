#include "workspace/index_file.h"

// As in base/digest.cc: EVP would link all of OpenSSL in, and its tables are relocated at each start of the program.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "os/files.h"
#include "workspace/tree_cache.h"

namespace penstock::workspace {
namespace {

constexpr size_t kHeader = 12;
constexpr unsigned kExtended = 0x4000;
constexpr unsigned kNameMask = 0x0FFF;
constexpr size_t kTimeOffset = 8;
constexpr size_t kModeOffset = 24;
constexpr size_t kSizeOffset = 36;

uint32_t read32(const char* at) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(at);
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | uint32_t{bytes[3]};
}

void write32(char* at, uint32_t value) {
  for (int byte = 0; byte < 4; ++byte) at[byte] = static_cast<char>(value >> (24 - 8 * byte));
}

int hex_digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

std::string to_hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

/// All folders that a path lies in, the root ("") too.
void add_folders(std::string_view path, std::set<std::string>& folders) {
  for (size_t slash = path.rfind('/'); slash != std::string_view::npos; slash = path.rfind('/')) {
    path = path.substr(0, slash);
    if (!folders.emplace(path).second) return;
  }
  folders.emplace();
}

/// What an index ends with: the hash of all before it, by the repository's object format.
std::string checksum(std::string_view content, size_t id_bytes) {
  std::string digest(id_bytes, '\0');
  auto* to = reinterpret_cast<unsigned char*>(digest.data());
  if (id_bytes == SHA256_DIGEST_LENGTH) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, content.data(), content.size());
    SHA256_Final(to, &context);
  } else {
    SHA_CTX context;
    SHA1_Init(&context);
    SHA1_Update(&context, content.data(), content.size());
    SHA1_Final(to, &context);
  }
  return digest;
}

Error damaged(const std::filesystem::path& path) {
  return Error{Fault::machine, "the index `" + path.native() + "` is damaged",
               "`ci clean` drops it, and it is made again"};
}

}  // namespace

Result<IndexFile> IndexFile::read(const std::filesystem::path& path, size_t id_bytes) {
  IndexFile index(id_bytes);
  PENSTOCK_TRY(index.content_, os::read_file(path));
  PENSTOCK_CHECK(index.parse(path));
  return index;
}

Result<> IndexFile::parse(const std::filesystem::path& path) {
  const std::string_view all = content_;
  if (all.size() < kHeader + id_bytes_ || all.substr(0, 4) != "DIRC") return damaged(path);
  version_ = read32(all.data() + 4);
  const uint32_t count = read32(all.data() + 8);
  if (version_ < 2 || version_ > 3) return damaged(path);
  const size_t end = all.size() - id_bytes_;
  size_t at = kHeader;
  const size_t flags_offset = id_offset() + id_bytes_;
  entries_.reserve(std::min<size_t>(count, all.size() / (flags_offset + 2)));
  for (uint32_t index = 0; index < count; ++index) {
    if (at + flags_offset + 4 > end) return damaged(path);
    const auto* flags = reinterpret_cast<const unsigned char*>(all.data() + at + flags_offset);
    const unsigned value = static_cast<unsigned>(flags[0]) << 8 | flags[1];
    const size_t name = at + flags_offset + ((value & kExtended) != 0 ? 4 : 2);
    size_t length = value & kNameMask;
    if (length == kNameMask) length = all.substr(0, end).find('\0', name) - name;
    // The name and 1 to 8 NULs, up to a multiple of 8.
    const size_t next = at + ((name - at + length + 8) & ~size_t{7});
    if (length > end || next > end) return damaged(path);
    entries_.push_back({all.substr(at, next - at), all.substr(name, length)});
    at = next;
  }
  while (at + 8 <= end) {
    const uint32_t length = read32(all.data() + at + 4);
    if (length > end - at - 8) return damaged(path);
    if (all.substr(at, 4) == "TREE") tree_cache_ = all.substr(at + 8, length);
    at += 8 + length;
  }
  return success();
}

void IndexFile::for_each(const std::function<void(std::string_view, unsigned)>& visit) const {
  for (const Raw& entry : entries_) visit(entry.path, read32(entry.bytes.data() + kModeOffset));
}

std::vector<IndexEntry> IndexFile::named(std::string_view name) const {
  std::vector<IndexEntry> found;
  for (const Raw& entry : entries_) {
    if (!entry.path.ends_with(name)) continue;
    if (entry.path.size() > name.size() && entry.path[entry.path.size() - name.size() - 1] != '/') continue;
    found.push_back({std::string(entry.path),
                     read32(entry.bytes.data() + kModeOffset),
                     to_hex(entry.bytes.substr(id_offset(), id_bytes_)),
                     {}});
  }
  return found;
}

std::string IndexFile::encode(const IndexEntry& entry) const {
  const size_t name = id_offset() + id_bytes_ + 2;
  std::string bytes((name + entry.path.size() + 8) & ~size_t{7}, '\0');
  // The time of the last status change is set to that of the content: with core.trustctime=false nobody compares it.
  for (const size_t time : {size_t{0}, kTimeOffset}) {
    write32(bytes.data() + time, entry.stamp.seconds);
    write32(bytes.data() + time + 4, entry.stamp.nanoseconds);
  }
  write32(bytes.data() + kModeOffset, entry.mode);
  write32(bytes.data() + kSizeOffset, entry.stamp.size);
  for (size_t byte = 0; byte < id_bytes_ && 2 * byte + 1 < entry.id.size(); ++byte) {
    bytes[id_offset() + byte] =
        static_cast<char>(hex_digit(entry.id[2 * byte]) * 16 + hex_digit(entry.id[2 * byte + 1]));
  }
  const auto length = static_cast<unsigned>(std::min<size_t>(entry.path.size(), kNameMask));
  bytes[name - 2] = static_cast<char>(length >> 8);
  bytes[name - 1] = static_cast<char>(length);
  std::memcpy(bytes.data() + name, entry.path.data(), entry.path.size());
  return bytes;
}

void IndexFile::update(std::vector<IndexEntry> changes, const std::set<std::string>& gone) {
  // Of a path's removal and addition the addition counts.
  std::stable_sort(changes.begin(), changes.end(), [](const IndexEntry& a, const IndexEntry& b) {
    return a.path != b.path ? a.path < b.path : (a.mode == 0) < (b.mode == 0);
  });
  changes.erase(
      std::unique(changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.path == b.path; }),
      changes.end());
  std::set<std::string> folders;
  std::vector<std::string>& own = own_.emplace_back();
  own.reserve(changes.size());
  std::vector<Raw> merged;
  merged.reserve(entries_.size() + changes.size());
  auto rest = entries_.begin();
  for (const IndexEntry& change : changes) {
    auto until = std::lower_bound(rest, entries_.end(), change.path,
                                  [](const Raw& a, const std::string& b) { return a.path < b; });
    merged.insert(merged.end(), rest, until);
    rest = until;
    while (rest != entries_.end() && rest->path == change.path) ++rest;
    add_folders(change.path, folders);
    if (change.mode == 0) continue;
    const std::string& bytes = own.emplace_back(encode(change));
    const size_t name = id_offset() + id_bytes_ + 2;
    merged.push_back({bytes, std::string_view(bytes).substr(name, change.path.size())});
  }
  merged.insert(merged.end(), rest, entries_.end());
  entries_ = std::move(merged);
  if (!changes.empty()) tree_cache_ = invalidate_tree_cache(tree_cache_, id_bytes_, folders, gone);
}

void IndexFile::set_time(uint32_t seconds) {
  for (const Raw& entry : entries_) {
    // All entries lie in buffers that this object owns.
    char* bytes = const_cast<char*>(entry.bytes.data());
    for (const size_t time : {size_t{0}, kTimeOffset}) {
      write32(bytes + time, seconds);
      write32(bytes + time + 4, 0);
    }
  }
}

Result<> IndexFile::write(const std::filesystem::path& path) const {
  std::string content("DIRC");
  size_t total = kHeader + tree_cache_.size() + 8 + id_bytes_;
  for (const Raw& entry : entries_) total += entry.bytes.size();
  content.reserve(total);
  content.resize(kHeader);
  write32(content.data() + 4, version_);
  write32(content.data() + 8, static_cast<uint32_t>(entries_.size()));
  for (const Raw& entry : entries_) content += entry.bytes;
  if (!tree_cache_.empty()) {
    content += "TREE";
    content.resize(content.size() + 4);
    write32(content.data() + content.size() - 4, static_cast<uint32_t>(tree_cache_.size()));
    content += tree_cache_;
  }
  content += checksum(content, id_bytes_);
  return os::write_atomically(path, content);
}

}  // namespace penstock::workspace
