#include "runner/dotenv.h"

#include <algorithm>
#include <string>

#include "base/text_width.h"
#include "base/trimmed.h"

namespace penstock {
namespace {

constexpr size_t kSizeLimit = 5 * 1024;
constexpr size_t kVariableLimit = 20;
constexpr size_t kLongestName = 255;
constexpr std::string_view kBlanks(" \t\n\v\f\r\0", 7);

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && std::all_of(text.begin(), text.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '_';
  });
}

}  // namespace

Result<Variables> parse_dotenv(std::string_view text, std::string_view name) {
  const auto refuse = [&](const std::string& place, const std::string& why) {
    return Error{Fault::user, "dotenv report `" + printable(name) + "`" + place + ": " + why,
                 "a dotenv report holds lines of the form NAME=value and nothing else"};
  };
  if (text.size() >= kSizeLimit) return refuse("", "it holds 5 KiB or more");
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  Variables variables;
  for (size_t line = 1; !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view content = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string place = ", line " + std::to_string(line);
    const size_t equals = content.find('=');
    if (equals == std::string_view::npos) {
      return refuse(place, trimmed(content, kBlanks).empty() ? "a blank line" : "there is no `=`");
    }
    const std::string_view variable = trimmed(content.substr(0, equals), kBlanks);
    if (!is_name(variable)) {
      return refuse(place, "`" + printable(variable.substr(0, 80)) + "` is no name of letters, digits and `_`");
    }
    std::erase_if(variables, [&](const Variable& earlier) { return earlier.name == variable; });
    variables.push_back(
        {std::string(variable), std::string(trimmed(content.substr(equals + 1), kBlanks)), false, false, false});
  }
  if (variables.size() > kVariableLimit) return refuse("", "it holds more than 20 variables");
  return variables;
}

}  // namespace penstock
