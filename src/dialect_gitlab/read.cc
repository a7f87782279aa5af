#include "dialect_gitlab/read.h"

#include <algorithm>

#include "base/duration.h"
#include "base/json_writer.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;
constexpr int kMaxScriptNesting = 10;

void flatten(const Node& node, int level, std::vector<const Node*>& items) {
  for (const Node* item : node.items()) {
    if (item->is_sequence() && level < kMaxScriptNesting) {
      flatten(*item, level + 1, items);
    } else {
      items.push_back(item);
    }
  }
}

std::string list_of(std::span<const std::string_view> words) {
  std::string list;
  for (std::string_view word : words) list += (list.empty() ? "`" : ", `") + std::string(word) + "`";
  return list;
}

void read_line(Report& report, const Node& item, std::string_view what, std::vector<std::string>& lines) {
  if (item.is_scalar() && !item.is_null()) {
    lines.push_back(item.is_string() ? std::string(item.text()) : item.to_text());
    if (!item.is_string()) wrong_type(report, item, "a line of " + std::string(what), "a string");
    return;
  }
  if (item.is_sequence()) {
    report.error("nesting-too-deep", item.span(),
                 std::string(what) + " holds lists more than " + std::to_string(kMaxScriptNesting) + " deep");
    return;
  }
  Diagnostic& told = wrong_type(report, item, "a line of " + std::string(what), "a string");
  if (item.is_mapping()) told.help = "put the whole line in quotes: YAML reads a `: ` in it as a mapping";
}

void write_json(JsonWriter& json, const Node& node) {
  if (node.is_mapping()) {
    json.begin_object();
    for (const yaml::Entry& entry : node.entries()) write_json(json.key(entry.key->to_text()), *entry.value);
    json.end_object();
  } else if (node.is_sequence()) {
    json.begin_array();
    for (const Node* item : node.items()) write_json(json, *item);
    json.end_array();
  } else if (node.is_null()) {
    json.null();
  } else if (const std::optional<bool> truth = node.as_bool()) {
    json.value(*truth);
  } else if (const std::optional<int64_t> whole = node.as_int()) {
    json.value(*whole);
  } else if (const std::optional<double> number = node.as_float()) {
    json.value(*number);
  } else {
    json.value(node.is_string() ? node.text() : std::string_view(node.to_text()));
  }
}

}  // namespace

Diagnostic& wrong_type(Report& report, const Node& node, std::string_view what, std::string_view wanted) {
  std::string message(what);
  message += " must be ";
  message += wanted;
  message += ", not ";
  message += node.kind_name();
  return report.error("wrong-type", node.span(), std::move(message));
}

const Node* name_in(const Node& node) { return node.is_mapping() ? node.find("name") : &node; }

bool check_keywords(Report& report, const Node& mapping, std::span<const Keyword> keywords, std::string_view where) {
  if (!mapping.is_mapping()) {
    wrong_type(report, mapping, where, "a mapping");
    return false;
  }
  for (const yaml::Entry& entry : mapping.entries()) {
    std::string_view key = entry.key->text();
    auto known =
        std::find_if(keywords.begin(), keywords.end(), [&](const Keyword& keyword) { return keyword.name == key; });
    if (known != keywords.end() && known->built) continue;
    if (known != keywords.end()) {
      report.error(
          "not-built-yet", entry.key->span(),
          "`" + std::string(key) + "` of " + std::string(where) + " is known to GitLab, but not built yet in Penstock");
      continue;
    }
    std::vector<std::string_view> names;
    for (const Keyword& keyword : keywords) names.push_back(keyword.name);
    report
        .error("unknown-keyword", entry.key->span(),
               "`" + std::string(key) + "` is not a keyword of " + std::string(where))
        .instead = nearest(key, names);
  }
  return true;
}

void require(Report& report, const Node& mapping, std::string_view key, std::string_view where) {
  const Node* value = mapping.find(key);
  if (value != nullptr && !value->is_null()) return;
  report.error("missing-value", mapping.span(), std::string(where) + " has no `" + std::string(key) + "`");
}

std::optional<std::string> read_string(Report& report, const Node& node, std::string_view what) {
  if (node.is_string()) return std::string(node.text());
  wrong_type(report, node, what, "a string");
  return std::nullopt;
}

std::optional<bool> read_bool(Report& report, const Node& node, std::string_view what) {
  if (std::optional<bool> truth = node.as_bool()) return truth;
  wrong_type(report, node, what, "true or false");
  return std::nullopt;
}

std::optional<int> read_int(Report& report, const Node& node, std::string_view what, int least, int most) {
  std::optional<int64_t> number = node.as_int();
  if (!number) {
    wrong_type(report, node, what, "a number");
    return std::nullopt;
  }
  if (*number < least || *number > most) {
    report.error("out-of-range", node.span(),
                 std::string(what) + " must be between " + std::to_string(least) + " and " + std::to_string(most));
    return std::nullopt;
  }
  return static_cast<int>(*number);
}

std::optional<Duration> read_duration(Report& report, const Node& node, std::string_view what) {
  if (!node.is_string()) {
    Diagnostic& told = wrong_type(report, node, what, "a length of time");
    if (node.as_int()) told.help = "put it in quotes: a text of digits counts seconds";
    return std::nullopt;
  }
  std::optional<Duration> duration = parse_duration(node.text());
  if (!duration || duration->count() == 0) {
    report.error("invalid-duration", node.span(), std::string(what) + " is no length of time").help =
        "write it like `90 seconds`, `1h 30m` or `1 week`";
  }
  return duration;
}

std::optional<Duration> read_delay(Report& report, const Node& node) {
  constexpr int64_t kWeek = 7LL * 24 * 3600 * 1000;
  std::optional<Duration> delay = read_duration(report, node, "`start_in`");
  if (delay && (delay->count() < 1000 || delay->count() > kWeek)) {
    report.error("out-of-range", node.span(), "`start_in` must be between one second and one week");
  }
  return delay;
}

std::string read_lifetime(Report& report, const Node& node, std::string_view what) {
  const bool open = node.is_string() && (node.text() == "never" || node.text().find('$') != std::string_view::npos);
  return open || read_duration(report, node, what) ? std::string(node.text()) : std::string();
}

std::optional<std::string> read_word(Report& report, const Node& node, std::string_view what,
                                     std::span<const std::string_view> words) {
  std::string_view text = node.text();
  if (node.is_scalar() && std::find(words.begin(), words.end(), text) != words.end()) return std::string(text);
  if (!node.is_string()) {
    wrong_type(report, node, what, "one of " + list_of(words));
    return std::nullopt;
  }
  Diagnostic& told =
      report.error("unknown-value", node.span(), std::string(what) + " can't be `" + std::string(text) + "`");
  told.instead = nearest(text, {words.begin(), words.end()});
  told.help = "it is one of " + list_of(words);
  return std::nullopt;
}

std::vector<std::string> read_strings(Report& report, const Node& node, std::string_view what) {
  std::vector<std::string> strings;
  if (!node.is_sequence()) {
    wrong_type(report, node, what, "a list of strings");
    return strings;
  }
  for (const Node* item : node.items()) {
    if (item->is_string()) {
      strings.emplace_back(item->text());
      continue;
    }
    Diagnostic& told = wrong_type(report, *item, "an item of " + std::string(what), "a string");
    if (item->is_scalar() && !item->is_null()) told.help = "put it in quotes";
  }
  return strings;
}

std::vector<std::string> read_string_or_strings(Report& report, const Node& node, std::string_view what) {
  if (node.is_string()) return {std::string(node.text())};
  if (node.is_sequence()) return read_strings(report, node, what);
  wrong_type(report, node, what, "a string or a list of strings");
  return {};
}

std::vector<int> read_exit_codes(Report& report, const Node& node, std::string_view what) {
  std::vector<int> codes;
  for (const Node* item : flat_items(node)) {
    if (std::optional<int> code = read_int(report, *item, what, 0, 255)) codes.push_back(*code);
  }
  if (codes.empty() && node.is_sequence() && node.items().empty())
    report.error("wrong-type", node.span(), std::string(what) + " is empty");
  return codes;
}

std::vector<std::string> read_script(Report& report, const Node& node, std::string_view what) {
  std::vector<std::string> lines;
  if (node.is_mapping() || node.is_null() || (node.is_scalar() && !node.is_string())) {
    wrong_type(report, node, what, "a string or a list of strings");
    return lines;
  }
  for (const Node* item : flat_items(node)) read_line(report, *item, what, lines);
  return lines;
}

std::vector<const Node*> flat_items(const Node& node) {
  std::vector<const Node*> items;
  if (node.is_sequence()) {
    items.reserve(node.items().size());
    flatten(node, 1, items);
  } else {
    items.push_back(&node);
  }
  return items;
}

std::string to_json(const Node& node) {
  std::string text;
  JsonWriter json(text);
  write_json(json, node);
  return text;
}

}  // namespace penstock::gitlab
