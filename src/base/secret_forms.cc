#include "base/secret_forms.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/base64.h"
#include "base/text_width.h"
#include "base/trimmed.h"

namespace penstock {
namespace {

constexpr size_t kShortestLine = 8;
constexpr size_t kLargeSecret = 16 << 10;

/// Where `base64` and `openssl base64` break their lines.
constexpr std::array<size_t, 2> kBase64LineLengths = {76, 64};

constexpr std::string_view kLowerHex = "0123456789abcdef";
constexpr std::string_view kUpperHex = "0123456789ABCDEF";

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result;
  size_t start = 0;
  for (size_t at = text.find(from); at != std::string_view::npos; at = text.find(from, start)) {
    result.append(text.substr(start, at - start)).append(to);
    start = at + from.size();
  }
  return result.append(text.substr(start));
}

/// The characters of base64 that `text` decides when `skipped` (0 to 2) unknown bytes stand before it in its group of
/// three.
std::string base64_core(std::string_view text, size_t skipped, std::string_view alphabet) {
  const auto bit = [&](size_t position) -> unsigned {
    const size_t byte = position / 8 - skipped;
    return static_cast<unsigned char>(text[byte]) >> (7 - position % 8) & 1U;
  };
  std::string core;
  const size_t first = (8 * skipped + 5) / 6;
  const size_t end = 8 * (skipped + text.size()) / 6;
  for (size_t sextet = first; sextet < end; ++sextet) {
    unsigned value = 0;
    for (size_t i = 0; i < 6; ++i) value = value << 1 | bit(sextet * 6 + i);
    core += alphabet[value];
  }
  return core;
}

void add_base64(std::string_view text, std::vector<std::string>& forms) {
  for (const std::string_view alphabet : {kBase64, kBase64Url}) {
    const std::string whole = to_base64(text, alphabet);
    for (const size_t length : kBase64LineLengths) {
      for (size_t at = 0; whole.size() > length && at < whole.size(); at += length) {
        const std::string line = whole.substr(at, length);
        if (line.size() >= kShortestLine) forms.push_back(line);
      }
    }
    forms.push_back(whole.substr(0, whole.find('=')));
    forms.push_back(whole);
    for (size_t skipped = 0; skipped < 3; ++skipped) forms.push_back(base64_core(text, skipped, alphabet));
  }
}

std::string url_encoded(std::string_view text, std::string_view safe, bool plus, std::string_view hex) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_alphanumeric(c) || safe.find(c) != std::string_view::npos) {
      encoded += c;
    } else if (plus && c == ' ') {
      encoded += '+';
    } else {
      encoded += {'%', hex[byte >> 4], hex[byte & 15]};
    }
  }
  return encoded;
}

void add_url_encoded(std::string_view text, std::vector<std::string>& forms) {
  struct Rule {
    std::string_view safe;
    bool plus;
  };
  // What RFC 3986 leaves alone, with and without the slash; JavaScript's encodeURIComponent and encodeURI; HTML forms.
  constexpr std::array<Rule, 6> kRules = {{{"-_.~", false},
                                           {"-_.~/", false},
                                           {"-_.!~*'()", false},
                                           {"-_.!~*'();/?:@&=+$,#", false},
                                           {"-_.*", true},
                                           {"-_.~", true}}};
  for (const Rule& rule : kRules) {
    for (const std::string_view hex : {kUpperHex, kLowerHex}) {
      forms.push_back(url_encoded(text, rule.safe, rule.plus, hex));
    }
  }
}

std::string unicode_escape(unsigned unit, std::string_view hex) {
  return {'\\', 'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15], hex[unit >> 4 & 15], hex[unit & 15]};
}

struct JsonRule {
  bool slash = false;      ///< `/` as `\/` (PHP).
  bool html = false;       ///< `<`, `>` and `&` as `\u003c` (Go, Rails).
  bool all_ascii = false;  ///< Everything beyond ASCII as `\u…` (Python).
  std::string_view hex = kLowerHex;
};

std::string json_escaped(std::string_view text, const JsonRule& rule) {
  constexpr std::string_view kEscaped = "\"\\\b\f\n\r\t";
  constexpr std::string_view kLetters = "\"\\bfnrt";
  std::string escaped;
  while (!text.empty()) {
    char32_t character = 0;
    const size_t length = next_character(text, character);
    const char c = text[0];
    if (const size_t at = kEscaped.find(c); at != std::string_view::npos) {
      escaped += {'\\', kLetters[at]};
    } else if (c == '/' && rule.slash) {
      escaped += "\\/";
    } else if (character < 0x20 || (rule.html && (c == '<' || c == '>' || c == '&')) ||
               (rule.all_ascii && character >= 0x7F && character < 0x10000)) {
      escaped += unicode_escape(character, rule.hex);
    } else if (rule.all_ascii && character >= 0x10000 && character <= 0x10FFFF) {
      escaped += unicode_escape(0xD800 + ((character - 0x10000) >> 10), rule.hex);
      escaped += unicode_escape(0xDC00 + ((character - 0x10000) & 0x3FF), rule.hex);
    } else {
      escaped += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return escaped;
}

void add_json_escaped(std::string_view text, std::vector<std::string>& forms) {
  for (const std::string_view hex : {kLowerHex, kUpperHex}) {
    for (unsigned bits = 0; bits < 8; ++bits) {
      forms.push_back(json_escaped(text, {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, hex}));
    }
  }
}

/// Each character of `special` preceded by a backslash.
std::string backslashed(std::string_view text, std::string_view special) {
  std::string quoted;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) quoted += '\\';
    quoted += c;
  }
  return quoted;
}

/// As the shell writes it with `set -x` and `printf %q`, within single and double quotes, and in `$'…'`.
void add_shell_quoted(std::string_view text, std::vector<std::string>& forms) {
  forms.push_back(replaced(text, "'", "'\\''"));
  forms.push_back(replaced(text, "'", "'\"'\"'"));
  forms.push_back(backslashed(text, "\"\\$`"));
  forms.push_back(backslashed(text, "\"\\$`!"));
  forms.push_back(backslashed(text, " \t!\"#$&'()*,;<>?[\\]^`{|}~"));
  forms.push_back(backslashed(text, " \t!\"#$&'()*;<>?[\\]^`{|}~="));
  forms.push_back(backslashed(text, " \t!\"#$&'()*,:;<>?@[\\]^`{|}~=%"));
  std::string dollar = backslashed(text, "\\'");
  dollar = replaced(replaced(replaced(dollar, "\n", "\\n"), "\r", "\\r"), "\t", "\\t");
  forms.push_back(std::move(dollar));
}

/// The value, the value without white space around it, with either kind of line break, and its longer lines.
std::vector<std::string> parts_of(std::string_view secret) {
  std::vector<std::string> parts;
  for (const std::string_view value : {secret, trimmed(secret)}) {
    parts.emplace_back(value);
    if (value.find('\n') == std::string_view::npos) continue;
    const std::string unix_breaks = replaced(value, "\r\n", "\n");
    parts.push_back(unix_breaks);
    parts.push_back(replaced(unix_breaks, "\n", "\r\n"));
  }
  if (secret.find_first_of("\r\n") == std::string_view::npos) return parts;
  for (size_t start = 0; start < secret.size();) {
    const size_t end = std::min(secret.find_first_of("\r\n", start), secret.size());
    const std::string_view line = trimmed(secret.substr(start, end - start));
    if (line.size() >= kShortestLine) parts.emplace_back(line);
    start = end + 1;
  }
  return parts;
}

}  // namespace

std::vector<std::string> secret_forms(std::string_view secret) {
  std::vector<std::string> forms;
  if (secret.size() < kShortestMasked) return forms;
  for (const std::string& part : parts_of(secret)) {
    if (part.size() < kShortestMasked) continue;
    forms.push_back(part);
    if (secret.size() > kLargeSecret) {
      forms.push_back(json_escaped(part, {}));
      for (size_t skipped = 0; skipped < 3; ++skipped) forms.push_back(base64_core(part, skipped, kBase64));
      continue;
    }
    add_base64(part, forms);
    add_url_encoded(part, forms);
    add_json_escaped(part, forms);
    add_shell_quoted(part, forms);
  }
  std::sort(forms.begin(), forms.end());
  forms.erase(std::unique(forms.begin(), forms.end()), forms.end());
  std::erase_if(forms, [](const std::string& form) { return form.size() < kShortestMasked; });
  return forms;
}

}  // namespace penstock
