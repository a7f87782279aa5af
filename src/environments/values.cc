#include "environments/values.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/duration.h"

namespace penstock::environments {
namespace {

std::optional<double> number_of(std::string_view text) {
  double number = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_empty(Report& report, const Node& node, std::string_view what) {
  if (node.text().find_first_not_of(" \t\n") != std::string_view::npos) return false;
  report.error("missing-value", node.span(), std::string(what) + " is empty");
  return true;
}

/// GitLab's lengths of time, and milliseconds.
std::optional<Duration> duration_of(std::string_view text) {
  constexpr double kMostMilliseconds = 1e12;
  if (text.ends_with("ms")) {
    text.remove_suffix(2);
    while (text.ends_with(' ')) text.remove_suffix(1);
    const std::optional<double> number = number_of(text);
    if (!number || *number < 0 || *number > kMostMilliseconds) return std::nullopt;
    return Duration(static_cast<int64_t>(*number));
  }
  return parse_duration(text);
}

}  // namespace

std::string listed(std::span<const std::string_view> words) {
  std::string list;
  for (std::string_view word : words) list += (list.empty() ? "`" : ", `") + std::string(word) + "`";
  return list;
}

std::optional<double> read_float(const Node& node) {
  if (const std::optional<double> number = node.as_float()) return number;
  // Also one that no integer holds.
  return node.is_scalar() && !node.is_string() ? number_of(node.text()) : std::nullopt;
}

void wrong_type(Report& report, const Node& node, std::string_view what, std::string_view wanted) {
  std::string message(what);
  message += " must be ";
  message += wanted;
  message += ", not ";
  message += node.kind_name();
  report.error("wrong-type", node.span(), std::move(message));
}

std::optional<std::string> read_text(Report& report, const Node& node, std::string_view what) {
  if (node.is_string() && !is_empty(report, node, what)) return std::string(node.text());
  if (!node.is_string()) wrong_type(report, node, what, "a string");
  return std::nullopt;
}

std::optional<bool> read_flag(Report& report, const Node& node, std::string_view what) {
  if (std::optional<bool> truth = node.as_bool()) return truth;
  wrong_type(report, node, what, "true or false");
  return std::nullopt;
}

std::optional<int> read_number(Report& report, const Node& node, std::string_view what, int least, int most) {
  const std::optional<int64_t> number = node.as_int();
  if (!number && !read_float(node)) {
    wrong_type(report, node, what, "a number");
    return std::nullopt;
  }
  if (!number || *number < least || *number > most) {
    report.error("out-of-range", node.span(),
                 std::string(what) + " must be a whole number between " + std::to_string(least) + " and " +
                     std::to_string(most));
    return std::nullopt;
  }
  return static_cast<int>(*number);
}

std::optional<Duration> read_duration(Report& report, const Node& node, std::string_view what, Duration least,
                                      Duration most) {
  if (!node.is_scalar() || node.is_null()) {
    wrong_type(report, node, what, "a length of time");
    return std::nullopt;
  }
  const std::optional<Duration> duration = duration_of(node.text());
  if (!duration) {
    report.error("invalid-duration", node.span(), std::string(what) + " is no length of time").help =
        "write it like `30s`, `1h 30m`, `500ms` or `7d`";
    return std::nullopt;
  }
  if (*duration < least || *duration > most) {
    std::string range = "between " + to_words(least) + " and ";
    if (least < std::chrono::milliseconds(50)) range = "more than 0s, and at most ";  // which words call 0.0s
    if (least == Duration::zero()) range = "at most ";
    report.error("out-of-range", node.span(), std::string(what) + " must be " + range + to_words(most));
    return std::nullopt;
  }
  return duration;
}

std::optional<double> read_share(Report& report, const Node& node, std::string_view what) {
  std::optional<double> share = node.as_float();
  if (!share && node.is_string() && node.text().ends_with('%')) {
    share = number_of(node.text().substr(0, node.text().size() - 1));
    if (share) *share /= 100;
  }
  if (!share || !(*share >= 0) || *share > 1e9) {
    report.error("invalid-number", node.span(), std::string(what) + " must be a share such as `1%` or `0.01`");
    return std::nullopt;
  }
  return share;
}

std::optional<Amount> read_amount(Report& report, const Node& node, std::string_view what, std::string_view of,
                                  int least) {
  constexpr int kMost = 10'000;
  std::optional<Amount> amount;
  if (const std::optional<int64_t> number = node.as_int(); number && *number >= 0 && *number <= kMost)
    amount = Amount{static_cast<int>(*number), false};
  if (node.is_string() && node.text().ends_with('%')) {
    const std::optional<double> percent = number_of(node.text().substr(0, node.text().size() - 1));
    if (percent && *percent >= 0 && *percent <= 100 && *percent == static_cast<int>(*percent))
      amount = Amount{static_cast<int>(*percent), true};
  }
  if (amount && amount->value >= least) return amount;
  if (amount) {
    report.error("out-of-range", node.span(), std::string(what) + " can't be zero").help =
        "write how many, such as `1` or `25%`, or leave it out";
    return std::nullopt;
  }
  report.error("invalid-number", node.span(),
               std::string(what) + " must be a number of " + std::string(of) +
                   " or a whole percentage up to 100%, such as `2` or `25%`");
  return std::nullopt;
}

std::optional<std::string> read_word(Report& report, const Node& node, std::string_view what,
                                     std::span<const std::string_view> words) {
  const std::string_view text = node.text();
  if (node.is_scalar() && std::find(words.begin(), words.end(), text) != words.end()) return std::string(text);
  if (!node.is_string()) {
    wrong_type(report, node, what, "one of " + listed(words));
    return std::nullopt;
  }
  Diagnostic& told =
      report.error("unknown-value", node.span(), std::string(what) + " can't be `" + std::string(text) + "`");
  told.instead = nearest(text, {words.begin(), words.end()});
  told.help = "it is one of " + listed(words);
  return std::nullopt;
}

std::vector<std::string> read_texts(Report& report, const Node& node, std::string_view what) {
  std::vector<std::string> texts;
  if (node.is_string()) {
    if (!is_empty(report, node, what)) texts.emplace_back(node.text());
    return texts;
  }
  if (!node.is_sequence()) {
    wrong_type(report, node, what, "a list of strings");
    return texts;
  }
  for (const Node* item : node.items()) {
    const std::string its = "an item of " + std::string(what);
    if (!item->is_scalar() || item->is_null()) {
      wrong_type(report, *item, its, "a string");
    } else if (!is_empty(report, *item, its)) {
      texts.push_back(item->to_text());
    }
  }
  return texts;
}

Pairs read_pairs(Report& report, const Node& node, std::string_view what) {
  Pairs pairs;
  if (!node.is_mapping()) {
    wrong_type(report, node, what, "a mapping");
    return pairs;
  }
  for (const yaml::Entry& entry : node.entries()) {
    if (!entry.value->is_scalar()) {
      wrong_type(report, *entry.value, "`" + std::string(entry.key->text()) + "` of " + std::string(what), "a string");
    } else {
      // As it is written: `yes` in a header is no truth, and `1.10` no number.
      pairs.emplace_back(entry.key->text(), entry.value->is_null() ? std::string() : std::string(entry.value->text()));
    }
  }
  return pairs;
}

}  // namespace penstock::environments
