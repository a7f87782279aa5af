#include "blobs/folder_blob_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <utility>

#include "blobs/blob_folder.h"
#include "blobs/zstd_context.h"
#include "os/errors.h"
#include "os/files.h"
#include "os/unique_fd.h"

namespace penstock {
namespace {

/// Content up to here is compressed in one piece, and not at all where the store has it.
constexpr size_t kSmall = size_t{256} << 10;

class FolderBlobStore final : public BlobStore {
 public:
  FolderBlobStore(std::filesystem::path path, os::UniqueFd folder)
      : path_(std::move(path)), folder_(std::move(folder)) {}

  Result<std::unique_ptr<BlobWriter>> create() override;
  Result<> read(const Digest& digest, const std::function<Result<>(std::string_view piece)>& take) override;
  bool has(const Digest& digest) override;
  Result<> sync() override;

  /// Whether the blob is there; if so it counts as used now, which protects it from a sweep.
  bool use(const Digest& digest);
  /// A file to write to and its name below the folder.
  Result<std::pair<os::UniqueFd, std::string>> open_unfinished();
  Result<> publish(const std::string& unfinished, const Digest& digest);
  void drop(const std::string& unfinished) { ::unlinkat(folder_.get(), unfinished.c_str(), 0); }
  [[nodiscard]] std::string place(const std::string& name) const { return "`" + (path_ / name).native() + "`"; }
  Compressors& compressors() { return compressors_; }

 private:
  Result<> decompress(int fd, const Digest& digest, const std::function<Result<>(std::string_view piece)>& take);
  Error damaged(const Digest& digest);

  const std::filesystem::path path_;
  const os::UniqueFd folder_;
  Compressors compressors_;
  std::atomic<bool> unsynced_{false};
};

class FolderBlobWriter final : public BlobWriter {
 public:
  explicit FolderBlobWriter(FolderBlobStore& store) : store_(store) {}
  ~FolderBlobWriter() override {
    if (!name_.empty()) store_.drop(name_);
  }
  FolderBlobWriter(const FolderBlobWriter&) = delete;
  FolderBlobWriter& operator=(const FolderBlobWriter&) = delete;

  Result<> write(std::string_view piece) override;
  Result<Digest> finish() override;

 private:
  Result<> compress(std::string_view piece, ZSTD_EndDirective end);
  Result<> store_small(const Digest& digest);

  FolderBlobStore& store_;
  Sha256 hash_;
  std::string waiting_;  // what was written, while it is small
  std::string name_;     // of the unfinished file
  os::UniqueFd file_;
  Compressor compressor_;
  std::string compressed_;
};

Result<> FolderBlobWriter::write(std::string_view piece) {
  hash_.update(piece);
  if (!file_ && waiting_.size() + piece.size() <= kSmall) {
    waiting_ += piece;
    return success();
  }
  if (!file_) {
    PENSTOCK_TRY(auto opened, store_.open_unfinished());
    std::tie(file_, name_) = std::move(opened);
    compressor_ = store_.compressors().take();
    PENSTOCK_CHECK(compress(std::exchange(waiting_, {}), ZSTD_e_continue));
  }
  return compress(piece, ZSTD_e_continue);
}

Result<> FolderBlobWriter::compress(std::string_view piece, ZSTD_EndDirective end) {
  compressed_.resize(ZSTD_CStreamOutSize());
  ZSTD_inBuffer input{piece.data(), piece.size(), 0};
  for (size_t left = 1; end == ZSTD_e_end ? left != 0 : input.pos < input.size;) {
    ZSTD_outBuffer output{compressed_.data(), compressed_.size(), 0};
    left = ZSTD_compressStream2(compressor_.get(), &output, &input, end);
    if (ZSTD_isError(left)) {
      return Error{Fault::internal, "zstd can't compress: " + std::string(ZSTD_getErrorName(left)), ""};
    }
    if (auto written = os::write_all(file_.get(), {compressed_.data(), output.pos}); !written.ok()) return written;
  }
  return success();
}

Result<> FolderBlobWriter::store_small(const Digest& digest) {
  compressed_.resize(ZSTD_compressBound(waiting_.size()));
  Compressor compressor = store_.compressors().take();
  const size_t size =
      ZSTD_compress2(compressor.get(), compressed_.data(), compressed_.size(), waiting_.data(), waiting_.size());
  store_.compressors().give_back(std::move(compressor));
  if (ZSTD_isError(size))
    return Error{Fault::internal, "zstd can't compress: " + std::string(ZSTD_getErrorName(size)), ""};
  PENSTOCK_TRY(auto opened, store_.open_unfinished());
  name_ = std::move(opened.second);
  PENSTOCK_CHECK(os::write_all(opened.first.get(), {compressed_.data(), size}));
  PENSTOCK_CHECK(store_.publish(name_, digest));
  name_.clear();
  return success();
}

Result<Digest> FolderBlobWriter::finish() {
  const Digest digest = hash_.finish();
  if (store_.use(digest)) return digest;
  if (!file_) {
    PENSTOCK_CHECK(store_small(digest));
    return digest;
  }
  PENSTOCK_CHECK(compress({}, ZSTD_e_end));
  store_.compressors().give_back(std::move(compressor_));
  file_.reset();
  PENSTOCK_CHECK(store_.publish(name_, digest));
  name_.clear();
  return digest;
}

Result<std::unique_ptr<BlobWriter>> FolderBlobStore::create() {
  return std::unique_ptr<BlobWriter>(std::make_unique<FolderBlobWriter>(*this));
}

bool FolderBlobStore::has(const Digest& digest) {
  struct stat status {};
  // An empty file is what a loss of power can leave of one that was never synced.
  return ::fstatat(folder_.get(), blob_path(digest).c_str(), &status, 0) == 0 && status.st_size > 0;
}

bool FolderBlobStore::use(const Digest& digest) {
  // In this order: a sweep may take the blob away between finding the file and dating it, and not see the new date.
  // What is there after it was dated, every later sweep finds dated.
  return ::utimensat(folder_.get(), blob_path(digest).c_str(), nullptr, 0) == 0 && has(digest);
}

Result<std::pair<os::UniqueFd, std::string>> FolderBlobStore::open_unfinished() {
  static std::atomic<uint64_t> counter{0};
  for (;;) {
    const std::string name =
        std::string(kUnfinishedFolder) + "/" + std::to_string(::getpid()) + "." + std::to_string(counter.fetch_add(1));
    os::UniqueFd fd(::openat(folder_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (fd) return std::pair(std::move(fd), name);
    // A name that a dead process of the same number has left.
    if (errno != EEXIST) return os::system_error("can't write " + place(name), errno);
  }
}

Result<> FolderBlobStore::publish(const std::string& unfinished, const Digest& digest) {
  const std::string path = blob_path(digest);
  unsynced_ = true;
  if (::renameat(folder_.get(), unfinished.c_str(), folder_.get(), path.c_str()) == 0) return success();
  if (errno == ENOENT) {
    ::mkdirat(folder_.get(), path.substr(0, 2).c_str(), 0755);
    if (::renameat(folder_.get(), unfinished.c_str(), folder_.get(), path.c_str()) == 0) return success();
  }
  return os::system_error("can't write " + place(path), errno);
}

Error FolderBlobStore::damaged(const Digest& digest) {
  ::unlinkat(folder_.get(), blob_path(digest).c_str(), 0);
  return {Fault::machine, "blob " + place(blob_path(digest)) + " is damaged", "run the job that made it again"};
}

Result<> FolderBlobStore::read(const Digest& digest, const std::function<Result<>(std::string_view piece)>& take) {
  os::UniqueFd fd;
  // A sweep takes a blob away for a moment while it makes sure that nobody has just used it: look twice.
  for (int attempt = 0; !fd && attempt < 2; ++attempt) {
    fd.reset(::openat(folder_.get(), blob_path(digest).c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd && errno != ENOENT) return os::system_error("can't read " + place(blob_path(digest)), errno);
  }
  if (!fd) return Error{Fault::machine, "blob " + to_hex(digest) + " is not in " + place(""), ""};
  return decompress(fd.get(), digest, take);
}

Result<> FolderBlobStore::decompress(int fd, const Digest& digest,
                                     const std::function<Result<>(std::string_view piece)>& take) {
  const Decompressor decompressor(ZSTD_createDCtx());
  std::string compressed(ZSTD_DStreamInSize(), '\0');
  std::string plain(ZSTD_DStreamOutSize(), '\0');
  Sha256 hash;
  size_t hint = 1;
  for (;;) {
    const ssize_t got = ::read(fd, compressed.data(), compressed.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os::system_error("can't read " + place(blob_path(digest)), errno);
    if (got == 0) break;
    ZSTD_inBuffer input{compressed.data(), static_cast<size_t>(got), 0};
    for (bool more = true; more;) {
      ZSTD_outBuffer output{plain.data(), plain.size(), 0};
      hint = ZSTD_decompressStream(decompressor.get(), &output, &input);
      if (ZSTD_isError(hint)) return damaged(digest);
      const std::string_view piece(plain.data(), output.pos);
      hash.update(piece);
      if (!piece.empty()) PENSTOCK_CHECK(take(piece));
      more = input.pos < input.size || output.pos == output.size;
    }
  }
  if (hint != 0 || hash.finish() != digest) return damaged(digest);
  return success();
}

Result<> FolderBlobStore::sync() {
  if (!unsynced_.exchange(false)) return success();
  if (::syncfs(folder_.get()) == 0) return success();
  unsynced_ = true;
  return os::system_error("can't sync " + place(""), errno);
}

}  // namespace

Result<std::unique_ptr<BlobStore>> open_folder_blob_store(const std::filesystem::path& folder) {
  PENSTOCK_CHECK(os::ensure_folder(folder / kUnfinishedFolder));
  os::UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return os::system_error("can't open `" + folder.native() + "`", errno);
  return std::unique_ptr<BlobStore>(std::make_unique<FolderBlobStore>(folder, std::move(fd)));
}

}  // namespace penstock
