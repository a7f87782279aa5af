#include "target_hosts/proxy_statistics.h"

#include <algorithm>
#include <charconv>

namespace penstock {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> fields;
  for (;;) {
    const size_t end = text.find(separator);
    fields.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return fields;
    text.remove_prefix(end + 1);
  }
}

int64_t number(std::string_view text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

std::vector<ServerStatistics> parse_statistics(std::string_view csv) {
  std::vector<ServerStatistics> found;
  std::map<std::string_view, size_t> columns;
  for (std::string_view line : split(csv, '\n')) {
    if (line.starts_with("# ")) {
      const std::vector<std::string_view> names = split(line.substr(2), ',');
      for (size_t i = 0; i < names.size(); ++i) columns[names[i]] = i;
      continue;
    }
    const std::vector<std::string_view> fields = split(line, ',');
    auto field = [&](std::string_view name) -> std::string_view {
      auto column = columns.find(name);
      return column == columns.end() || column->second >= fields.size() ? "" : fields[column->second];
    };
    const std::string_view server = field("svname");
    if (server.empty() || server == "FRONTEND" || server == "BACKEND") continue;
    const std::string_view status = field("status");
    found.push_back({std::string(field("pxname")), std::string(server),
                     status.starts_with("UP") || status == "no check", static_cast<int>(number(field("uweight"))),
                     static_cast<int>(number(field("scur")) + number(field("qcur")))});
  }
  return found;
}

std::optional<LoggedRequest> parse_logged_request(std::string_view line) {
  // As in the log-format of our configuration: "%Ts.%ms %s %ST %TR %Tw %Tc %Tr %ts".
  const std::vector<std::string_view> fields = split(line, ' ');
  if (fields.size() != 8 || fields[7].size() < 2) return std::nullopt;
  const size_t dot = fields[0].find('.');
  if (dot == std::string_view::npos || fields[1].starts_with('<')) return std::nullopt;
  const bool client_left = fields[7].front() == 'C';
  LoggedRequest request;
  request.at = Instant(Duration(number(fields[0].substr(0, dot)) * 1000 + number(fields[0].substr(dot + 1))));
  request.server = fields[1];
  const bool http = fields[2] != "-";
  const int64_t status = number(fields[2]);
  if (http) {
    // Ours to count is what the server answered, not what HAProxy said in its place.
    const bool answered = fields[7].front() == '-' || fields[7].front() == 'L' || status < 500;
    request.status = status > 0 && answered ? static_cast<int>(status) : 0;
    if (client_left && number(fields[6]) < 0) return std::nullopt;
  } else {
    if (client_left) return std::nullopt;
    request.status = fields[7] == "--" ? 200 : 0;
  }
  for (size_t i = 3; i < 7; ++i) request.microseconds += std::max<int64_t>(number(fields[i]), 0) * 1000;
  return request;
}

}  // namespace penstock
