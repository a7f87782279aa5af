#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include "base/suggest.h"
#include "calendar/cron.h"

namespace penstock {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct FieldRule {
  std::string_view name;
  int least;
  int most;
  std::span<const std::string_view> names = {};  ///< Of the values from `least` on.
};

const std::array<FieldRule, 5> kFields = {{{"minute", 0, 59},
                                           {"hour", 0, 23},
                                           {"day of the month", 1, 31},
                                           {"month", 1, 12, kMonths},
                                           {"day of the week", 0, 7, kWeekdays}}};
constexpr size_t kWeekday = 4;

struct Word {
  size_t position = 0;
  std::string_view text;
};

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  size_t at = 0;
  while ((at = text.find_first_not_of(" \t", at)) != std::string_view::npos) {
    const size_t end = std::min(text.find_first_of(" \t", at), text.size());
    words.push_back({at, text.substr(at, end - at)});
    at = end;
  }
  return words;
}

CronMistake mistake(const Word& word, std::string message, std::string help = "") {
  return {word.position, word.text.size(), std::move(message), std::move(help)};
}

std::string range_words(const FieldRule& rule) {
  return std::to_string(rule.least) + " to " + std::to_string(rule.most);
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// More than any field allows for what has more digits.
int to_number(std::string_view digits) {
  int number = 0;
  for (const char digit : digits) number = std::min(number * 10 + (digit - '0'), 1000);
  return number;
}

/// One field's text, read from left to right.
class FieldReader {
 public:
  FieldReader(const Word& field, size_t index) : field_(field), rule_(kFields[index]), index_(index) {}

  /// The set of values, or the mistake that stood in its way.
  std::variant<uint64_t, CronMistake> read() {
    uint64_t set = 0;
    size_t at = 0;
    while (at <= field_.text.size()) {
      const size_t end = std::min(field_.text.find(',', at), field_.text.size());
      const Word item{field_.position + at, field_.text.substr(at, end - at)};
      if (item.text.empty())
        return mistake(field_, "the " + std::string(rule_.name) + " has an empty place in its list");
      if (!read_item(item, set)) return *mistake_;
      at = end + 1;
    }
    if (index_ == kWeekday && (set & (1U << 7U)) != 0) set = (set | 1U) & 0x7fU;
    return set;
  }

 private:
  bool refuse(const Word& word, std::string message, std::string help = "") {
    mistake_ = mistake(word, std::move(message), std::move(help));
    return false;
  }

  bool read_item(const Word& item, uint64_t& set) {
    const size_t slash = item.text.find('/');
    const Word range{item.position, item.text.substr(0, slash)};
    int first = rule_.least;
    int last = index_ == kWeekday ? 6 : rule_.most;
    int step = 1;
    if (slash != std::string_view::npos && !read_step({item.position + slash + 1, item.text.substr(slash + 1)}, step))
      return false;
    if (range.text != "*" && !read_range(range, slash != std::string_view::npos, first, last)) return false;
    for (int value = first; value <= last; value += step) set |= uint64_t{1} << static_cast<unsigned>(value);
    return true;
  }

  bool read_step(const Word& word, int& step) {
    if (!is_number(word.text)) return refuse(word, "a step is a number, as in `*/5`");
    step = to_number(word.text);
    if (step == 0) return refuse(word, "a step of 0 leads nowhere");
    if (step > rule_.most)
      return refuse(word, "a step of " + std::string(word.text) + " is longer than the " + std::string(rule_.name) +
                              " (" + range_words(rule_) + ")");
    return true;
  }

  bool read_range(const Word& word, bool stepped, int& first, int& last) {
    const size_t dash = word.text.find('-');
    if (!read_value({word.position, word.text.substr(0, dash)}, first)) return false;
    if (dash == std::string_view::npos) {
      if (!stepped) last = first;  // `5/10` goes on from 5
      return true;
    }
    if (!read_value({word.position + dash + 1, word.text.substr(dash + 1)}, last)) return false;
    if (index_ == kWeekday && last == 0 && first > 0) last = 7;  // a week may end on its Sunday: `sat-sun`
    if (last < first)
      return refuse(word, "the range `" + std::string(word.text) + "` runs backwards",
                    "write it as a list of two, such as `22-23,0-5`");
    return true;
  }

  bool read_value(const Word& word, int& value) {
    const std::string name(rule_.name);
    if (is_number(word.text)) {
      value = to_number(word.text);
      if (value >= rule_.least && value <= rule_.most) return true;
      return refuse(word, std::string(word.text) + " is no " + name, "it goes from " + range_words(rule_));
    }
    std::string lower(word.text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const auto found = std::find(rule_.names.begin(), rule_.names.end(), lower);
    if (found != rule_.names.end()) {
      value = rule_.least + static_cast<int>(found - rule_.names.begin());
      return true;
    }
    std::string help = rule_.names.empty() ? "a number from " + range_words(rule_)
                                           : "a number, or a name such as `" + std::string(rule_.names[1]) + "`";
    if (const auto near = did_you_mean(lower, {rule_.names.begin(), rule_.names.end()}))
      help = "did you mean `" + *near + "`?";
    return refuse(word, "`" + std::string(word.text) + "` is no " + name, help);
  }

  Word field_;
  const FieldRule& rule_;
  size_t index_;
  std::optional<CronMistake> mistake_;
};

CronMistake wrong_count(std::string_view text, const std::vector<Word>& words) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kShorthands = {
      {{"@yearly", "0 0 1 1 *"},
       {"@annually", "0 0 1 1 *"},
       {"@monthly", "0 0 1 * *"},
       {"@weekly", "0 0 * * 0"},
       {"@daily", "0 0 * * *"},
       {"@midnight", "0 0 * * *"},
       {"@hourly", "0 * * * *"}}};
  for (const auto& [shorthand, meaning] : kShorthands) {
    if (words.size() == 1 && words[0].text == shorthand)
      return mistake(words[0], "a cron expression has five fields", "write `" + std::string(meaning) + "`");
  }
  CronMistake wrong{0, text.size(), "", "minute hour day month weekday, such as `0 18 * * fri`"};
  if (words.size() > 5) wrong.position = words[5].position;
  wrong.length = text.size() - wrong.position;
  wrong.message = "a cron expression has five fields, this one has " + std::to_string(words.size());
  return wrong;
}

/// Does some month that is meant have one of these days? (29 February comes now and then.)
bool ever_comes(const Cron::Fields& fields) {
  constexpr std::array<int, 12> kLengths = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (size_t month = 0; month < 12; ++month) {
    const uint64_t there = ((uint64_t{2} << static_cast<unsigned>(kLengths[month])) - 1) & fields.days;
    if ((fields.months >> (month + 1) & 1U) != 0 && there != 0) return true;
  }
  return false;
}

}  // namespace

std::variant<Cron, CronMistake> parse_cron(std::string_view text) {
  const std::vector<Word> words = words_of(text);
  if (words.size() != kFields.size()) return wrong_count(text, words);
  std::array<uint64_t, 5> sets{};
  for (size_t i = 0; i < kFields.size(); ++i) {
    auto set = FieldReader(words[i], i).read();
    if (auto* wrong = std::get_if<CronMistake>(&set)) return *wrong;
    sets[i] = std::get<uint64_t>(set);
  }
  Cron::Fields fields;
  fields.minutes = sets[0];
  fields.hours = static_cast<uint32_t>(sets[1]);
  fields.days = static_cast<uint32_t>(sets[2]);
  fields.months = static_cast<uint16_t>(sets[3]);
  fields.weekdays = static_cast<uint8_t>(sets[4]);
  fields.any_hour = words[1].text.starts_with('*');
  fields.any_day = words[2].text.starts_with('*');
  fields.any_weekday = words[4].text.starts_with('*');
  const bool either_day_suffices = !fields.any_day && !fields.any_weekday;
  if (!either_day_suffices && !ever_comes(fields))
    return mistake(words[2], "none of the months has day " + std::string(words[2].text));
  return Cron(fields);
}

}  // namespace penstock
