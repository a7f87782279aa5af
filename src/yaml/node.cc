#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "yaml/builder.h"
#include "yaml/scalar.h"
#include "yaml/yaml.h"

namespace penstock::yaml {
namespace {

/// Where `text` stands in one line of source, when it does as it is and only once.
std::optional<size_t> only_place_of(std::string_view text, std::string_view line) {
  const size_t at = line.find(text);
  if (text.empty() || at == std::string_view::npos || line.find(text, at + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  return at;
}

}  // namespace

std::string_view Node::kind_name() const {
  if (kind_ == Kind::sequence) return "a list";
  if (kind_ == Kind::mapping) return "a mapping";
  switch (type_) {
    case ScalarType::string:
      return "a string";
    case ScalarType::null:
      return "nothing";
    case ScalarType::boolean:
      return "true or false";
    case ScalarType::integer:
    case ScalarType::floating:
      return "a number";
    case ScalarType::date:
    case ScalarType::time:
      return "a date";
  }
  return "a string";
}

std::string_view Node::text() const { return is_scalar() ? std::string_view(text_, size_) : std::string_view(); }

std::optional<bool> Node::as_bool() const {
  if (!is_scalar() || type_ != ScalarType::boolean) return std::nullopt;
  return bool_of(text());
}

std::optional<int64_t> Node::as_int() const {
  if (!is_scalar() || type_ != ScalarType::integer) return std::nullopt;
  return int_of(text());
}

std::optional<double> Node::as_float() const {
  if (!is_scalar()) return std::nullopt;
  if (type_ == ScalarType::floating) return float_of(text());
  if (const auto whole = as_int()) return static_cast<double>(*whole);
  return std::nullopt;
}

std::string Node::to_text() const {
  if (!is_scalar()) return {};
  switch (type_) {
    case ScalarType::null:
      return {};
    case ScalarType::boolean:
      return bool_of(text()) ? "true" : "false";
    case ScalarType::integer:
      return int_to_text(text());
    case ScalarType::floating:
      return float_to_text(float_of(text()));
    case ScalarType::string:
    case ScalarType::date:
    case ScalarType::time:
      break;
  }
  return std::string(text());
}

std::span<const Node* const> Node::items() const {
  if (!is_sequence()) return {};
  return {items_, size_};
}

std::span<const Entry> Node::entries() const {
  if (!is_mapping()) return {};
  return {entries_, size_};
}

const Entry* Node::find_entry(std::string_view key) const {
  const std::span<const Entry> all = entries();
  const auto is_key = [key](const Entry& entry) { return entry.key->is_scalar() && entry.key->text() == key; };
  if (all.size() <= kLargestUnsorted) {
    const auto found = std::find_if(all.begin(), all.end(), is_key);
    return found == all.end() ? nullptr : &*found;
  }
  const auto* order = reinterpret_cast<const uint32_t*>(entries_ + size_);
  const auto* found = std::lower_bound(order, order + size_, key, [&](uint32_t index, std::string_view wanted) {
    return all[index].key->is_scalar() && all[index].key->text() < wanted;
  });
  return found != order + size_ && is_key(all[*found]) ? &all[*found] : nullptr;
}

const Node* Node::find(std::string_view key) const {
  const Entry* entry = find_entry(key);
  return entry == nullptr ? nullptr : entry->value;
}

SourceSpan Node::span() const {
  if (file_ == nullptr) return {};
  return {*file_, line_, column_, end_line_, end_column_};
}

SourceSpan Node::span_within(size_t offset, size_t length) const {
  SourceSpan whole = span();
  const std::string_view all = text();
  if (!whole.known() || offset + length > all.size()) return whole;
  uint32_t line = line_;
  std::string_view shown = all;
  if (style_ == Style::literal) {
    const size_t start = offset == 0 ? 0 : all.rfind('\n', offset - 1) + 1;
    line += 1 + static_cast<uint32_t>(std::count(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(start), '\n'));
    shown = all.substr(start, all.find('\n', start) - start);
    offset -= start;
    if (offset + length > shown.size()) return whole;
  } else if (line_ != end_line_) {
    return whole;
  }
  std::string_view source = line_of(**file_, line);
  size_t before = 0;
  if (style_ != Style::literal) {
    before = std::min<size_t>(column_ - 1, source.size());
    source = source.substr(before, end_column_ - column_);
  }
  const auto at = only_place_of(shown, source);
  if (!at) return whole;
  const auto column = static_cast<uint32_t>(before + *at + offset + 1);
  return {*file_, line, column, line, column + static_cast<uint32_t>(length)};
}

}  // namespace penstock::yaml
