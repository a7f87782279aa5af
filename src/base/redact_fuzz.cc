#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/redact.h"
#include "base/secret_forms.h"

namespace {

/// Nothing of `forms` may be read in `text`.
void must_hold_none(std::string_view text, const std::vector<std::string>& forms) {
  for (const std::string& form : forms) {
    if (text.find(form) != std::string_view::npos) __builtin_trap();
  }
}

}  // namespace

/// No secret and no usual encoding of one survives, however the input is cut. The input: a byte with the size of the
/// pieces, secrets up to an empty line, then the text, in which a byte of 0x80 to 0x9F stands for one of the forms, so
/// that encodings turn up often.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || size > 4096) return 0;
  const size_t piece = 1 + data[0] % 16;
  std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
  std::vector<std::string> secrets;
  while (!input.empty() && secrets.size() < 8) {
    const size_t end = input.find('\n');
    const std::string_view line = input.substr(0, end);
    input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
    if (line.empty()) break;
    secrets.emplace_back(line);
    // A carriage return is a line break too: multi-line values.
    std::replace(secrets.back().begin(), secrets.back().end(), '\r', '\n');
  }
  std::vector<std::string> forms;
  for (const std::string& secret : secrets) {
    const std::vector<std::string> more = penstock::secret_forms(secret);
    forms.insert(forms.end(), more.begin(), more.end());
  }
  std::string text;
  for (const char c : input) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 && byte < 0xA0 && !forms.empty()) {
      text += forms[(byte - 0x80) * forms.size() / 0x20];
    } else {
      text += c;
    }
  }
  penstock::Redactor redactor(secrets);
  const std::string whole = redactor.redact(text);
  std::string pieces;
  for (size_t at = 0; at < text.size(); at += piece) redactor.feed(std::string_view(text).substr(at, piece), pieces);
  redactor.finish(pieces);
  if (pieces != whole) __builtin_trap();
  must_hold_none(whole, forms);
  return 0;
}
