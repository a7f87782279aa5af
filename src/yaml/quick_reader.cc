#include "yaml/quick_reader.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace penstock::yaml {
namespace {

/// libyaml looks for a key's colon within 1024 characters.
constexpr size_t kLongestKey = 1000;

/// Whether there is nothing but printable ASCII and line feeds.
bool is_usual(std::string_view text) {
  bool usual = true;
  for (const char c : text) usual &= (c >= ' ' && c <= '~') || c == '\n';
  return usual;
}

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// What a character may mean within a plain scalar.
enum : uint8_t { kNothing = 0, kInBlock = 1, kInFlow = 2 };
constexpr std::array<uint8_t, 128> kMayEndPlain = [] {
  std::array<uint8_t, 128> table{};
  for (const char c : {'\n', ':', '#'}) table[static_cast<size_t>(c)] = kInBlock | kInFlow;
  for (const char c : {',', '[', ']', '{', '}', '?'}) table[static_cast<size_t>(c)] = kInFlow;
  return table;
}();

constexpr std::string_view kNeverFirstInPlain = "?:,[]{}#&*!|>'\"%@`";

class QuickReader {
 public:
  QuickReader(std::string_view text, EventSink& sink) : text_(text), sink_(sink) {}

  bool run() {
    if (!is_usual(text_) || !next_content() || at_end() || column() != 0) return false;
    return tell(Event::Type::document) && block_node() && at_end() && tell(Event::Type::document_end);
  }

 private:
  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  /// The character that comes now, or one after it; a line feed at the end.
  [[nodiscard]] char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\n'; }
  [[nodiscard]] bool blank_at(size_t ahead) const { return peek(ahead) == ' ' || peek(ahead) == '\n'; }
  [[nodiscard]] bool at_dash() const { return peek() == '-' && blank_at(1); }
  [[nodiscard]] Position here() const { return {line_, static_cast<uint32_t>(at_ - line_start_ + 1)}; }
  /// Where the content stands that comes now, from 0; left of everything at the end.
  [[nodiscard]] std::ptrdiff_t column() const { return at_end() ? -1 : static_cast<std::ptrdiff_t>(at_ - line_start_); }

  void skip_spaces() {
    while (peek() == ' ') ++at_;
  }

  /// From the start or end of a line to the next content, over comments and empty lines.
  bool next_content() {
    for (;;) {
      skip_spaces();
      if (peek() == '#') at_ = std::min(text_.find('\n', at_), text_.size());
      if (at_end()) return true;
      if (peek() != '\n') break;
      line_start_ = ++at_;
      ++line_;
    }
    const std::string_view rest = text_.substr(at_);
    return column() != 0 || !(rest.starts_with("---") || rest.starts_with("..."));
  }

  /// From behind an item to the next content, which has to be on a later line.
  bool finish_line() {
    const size_t from = at_;
    skip_spaces();
    return (peek() == '\n' || (peek() == '#' && at_ > from)) && next_content();
  }

  /// What begins here. An inner block ends where the next content stands further left.
  bool block_node() {
    if (at_dash()) return block_sequence();
    if (peek() == '[' || peek() == '{') return flow_node() && finish_line();
    const std::ptrdiff_t column = this->column();
    const std::optional<Event> item = scalar(false);
    if (!item) return false;
    if (at_colon()) return block_mapping(column, *item);
    return sink_.take(*item) && finish_line();
  }

  bool block_sequence() {
    const std::ptrdiff_t column = this->column();
    if (!tell(Event::Type::sequence)) return false;
    while (this->column() == column && at_dash()) {
      ++at_;
      const Position after_dash = here();
      skip_spaces();
      if (peek() != '\n' && peek() != '#') {
        if (!block_node()) return false;
      } else if (!next_content() || !(this->column() > column ? block_node() : nothing(after_dash))) {
        return false;
      }
      if (this->column() > column) return false;
    }
    return tell(Event::Type::end);
  }

  bool block_mapping(std::ptrdiff_t column, const Event& first_key) {
    Event start;
    start.type = Event::Type::mapping;
    start.start = start.end = first_key.start;
    if (!sink_.take(start)) return false;
    for (std::optional<Event> key = first_key;; key = scalar(false)) {
      if (!key || !at_colon() || !sink_.take(*key) || !take_colon(*key)) return false;
      if (!value_in_block(column) || this->column() > column) return false;
      if (this->column() < column) return tell(Event::Type::end);
      if (at_dash()) return false;
    }
  }

  /// From behind the colon to the next content.
  bool value_in_block(std::ptrdiff_t column) {
    const Position after_colon = here();
    skip_spaces();
    if (peek() == '\n' || peek() == '#') {
      if (!next_content()) return false;
      if (this->column() > column) return block_node();
      return this->column() == column && at_dash() ? block_sequence() : nothing(after_colon);
    }
    if (at_dash()) return false;
    if (peek() == '[' || peek() == '{') return flow_node() && finish_line();
    const std::optional<Event> value = scalar(false);
    return value && sink_.take(*value) && finish_line();
  }

  bool flow_node() {
    if (peek() == '[') return flow_sequence();
    if (peek() == '{') return flow_mapping();
    const std::optional<Event> item = scalar(true);
    return item && sink_.take(*item);
  }

  bool flow_sequence() {
    if (!tell(Event::Type::sequence, true)) return false;
    ++at_;
    for (skip_spaces(); peek() != ']';) {
      if (!flow_node() || !flow_comma(']')) return false;
    }
    ++at_;
    return tell(Event::Type::end, true);
  }

  bool flow_mapping() {
    if (!tell(Event::Type::mapping, true)) return false;
    ++at_;
    for (skip_spaces(); peek() != '}';) {
      const std::optional<Event> key = scalar(true);
      if (!key || !at_colon() || !sink_.take(*key) || !take_colon(*key)) return false;
      skip_spaces();
      if (!flow_node() || !flow_comma('}')) return false;
    }
    ++at_;
    return tell(Event::Type::end, true);
  }

  /// Behind an item of `[…]` or `{…}`.
  bool flow_comma(char closing) {
    skip_spaces();
    if (peek() == closing) return true;
    if (peek() != ',') return false;
    ++at_;
    skip_spaces();
    return true;
  }

  /// Whether what was read is a key: a colon follows, with or without spaces before it, and a blank behind.
  [[nodiscard]] bool at_colon() const {
    size_t ahead = 0;
    while (peek(ahead) == ' ') ++ahead;
    return peek(ahead) == ':' && blank_at(ahead + 1);
  }
  bool take_colon(const Event& key) {
    skip_spaces();
    ++at_;
    return here().column - key.start.column < kLongestKey;
  }

  /// A scalar of one line, which the sink hasn't been told yet.
  std::optional<Event> scalar(bool in_flow) {
    Event item;
    item.start = here();
    item.in_source = true;
    const bool whole = peek() == '"' || peek() == '\'' ? quoted(item) : plain(item, in_flow);
    if (!whole) return std::nullopt;
    item.end = here();
    return item;
  }

  bool quoted(Event& item) {
    const char quote = peek();
    item.style = quote == '"' ? Style::double_quoted : Style::single_quoted;
    const size_t from = ++at_;
    while (peek() != quote && peek() != '\n' && peek() != '\\') ++at_;
    item.text = text_.substr(from, at_ - from);
    if (peek() != quote || peek(1) == quote) return false;
    ++at_;
    return true;
  }

  bool plain(Event& item, bool in_flow) {
    if (kNeverFirstInPlain.find(peek()) != std::string_view::npos) return false;
    if (peek() == '-' && (in_flow ? !is_alphanumeric(peek(1)) : blank_at(1))) return false;
    const uint8_t may_end = in_flow ? kInFlow : kInBlock;
    const size_t from = at_;
    for (;; ++at_) {
      const char c = peek();
      if ((kMayEndPlain[static_cast<size_t>(c)] & may_end) == 0) continue;
      if (c == '?' || (c == ':' && in_flow && !blank_at(1) && !is_alphanumeric(peek(1)) && peek(1) != '/'))
        return false;
      if ((c == ':' && !blank_at(1)) || (c == '#' && text_[at_ - 1] != ' ')) continue;
      break;
    }
    while (text_[at_ - 1] == ' ') --at_;
    item.text = text_.substr(from, at_ - from);
    return at_ > from;
  }

  bool tell(Event::Type type, bool flow = false) {
    Event event;
    event.type = type;
    event.flow = flow;
    event.start = event.end = here();
    return sink_.take(event);
  }

  /// A value that isn't there.
  bool nothing(Position where) {
    Event event;
    event.start = event.end = where;
    return sink_.take(event);
  }

  std::string_view text_;
  EventSink& sink_;
  size_t at_ = 0;
  size_t line_start_ = 0;
  uint32_t line_ = 1;
};

}  // namespace

bool read_quickly(std::string_view text, EventSink& sink) { return QuickReader(text, sink).run(); }

}  // namespace penstock::yaml
