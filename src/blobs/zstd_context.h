#pragma once

#include <zstd.h>

#include <memory>
#include <mutex>
#include <vector>

namespace penstock {

struct FreeZstd {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};
using Compressor = std::unique_ptr<ZSTD_CCtx, FreeZstd>;
using Decompressor = std::unique_ptr<ZSTD_DCtx, FreeZstd>;

/// Compression contexts to use again: making one costs more than compressing a small file.
class Compressors {
 public:
  Compressor take() {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        Compressor context = std::move(free_.back());
        free_.pop_back();
        return context;
      }
    }
    Compressor context(ZSTD_createCCtx());
    // The fastest ordinary level: jobs wait for their artifacts, and much of what they keep is compressed already.
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, 1);
    return context;
  }
  void give_back(Compressor context) {
    ZSTD_CCtx_reset(context.get(), ZSTD_reset_session_only);
    const std::lock_guard lock(mutex_);
    if (free_.size() < kKept) free_.push_back(std::move(context));
  }

 private:
  static constexpr size_t kKept = 4;  // about 0.6 MB each
  std::mutex mutex_;
  std::vector<Compressor> free_;
};

}  // namespace penstock
