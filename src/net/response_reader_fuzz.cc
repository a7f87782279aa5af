#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/response_reader.h"

/// However an answer is cut into pieces, it is read alike.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penstock;
  if (size == 0) return 0;
  const size_t cut = data[0] % size;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  net::HttpRequest request;
  request.body_limit = 4096;
  net::ResponseReader whole(request);
  net::ResponseReader pieces(request);
  const bool whole_ok = whole.take(text).ok();
  const bool pieces_ok =
      pieces.take(text.substr(0, cut)).ok() && pieces.take(text.substr(std::min(cut, text.size()))).ok();
  if (whole_ok != pieces_ok) std::abort();
  if (whole_ok && whole.done() != pieces.done()) std::abort();
  if (whole_ok && whole.response().body != pieces.response().body) std::abort();
  return 0;
}
