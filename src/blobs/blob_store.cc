#include "blobs/blob_store.h"

namespace penstock {

Result<Digest> put(BlobStore& blobs, std::string_view content) {
  PENSTOCK_TRY(auto writer, blobs.create());
  PENSTOCK_CHECK(writer->write(content));
  return writer->finish();
}

Result<std::string> get(BlobStore& blobs, const Digest& digest, uint64_t limit) {
  std::string content;
  PENSTOCK_CHECK(blobs.read(digest, [&](std::string_view piece) -> Result<> {
    if (piece.size() > limit - content.size()) {
      return Error{Fault::machine, "blob " + to_hex(digest) + " is larger than " + std::to_string(limit) + " bytes",
                   ""};
    }
    content += piece;
    return success();
  }));
  return content;
}

}  // namespace penstock
