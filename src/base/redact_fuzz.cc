#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/redact.h"

/// The input: a byte with the size of the pieces, secrets up to an empty line, then the text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || size > 4096) return 0;
  const size_t piece = 1 + data[0] % 16;
  std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
  std::vector<std::string> secrets;
  while (!input.empty()) {
    const size_t end = input.find('\n');
    const std::string_view line = input.substr(0, end);
    input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
    if (line.empty()) break;
    secrets.emplace_back(line);
  }
  penstock::Redactor redactor(secrets);
  const std::string whole = redactor.redact(input);
  std::string pieces;
  for (size_t at = 0; at < input.size(); at += piece) redactor.feed(input.substr(at, piece), pieces);
  redactor.finish(pieces);
  if (pieces != whole) __builtin_trap();
  for (const std::string& secret : secrets) {
    if (secret.size() >= 3 && whole.find(secret) != std::string::npos) __builtin_trap();
  }
  return 0;
}
