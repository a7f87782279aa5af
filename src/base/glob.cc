#include "base/glob.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/brace_expansion.h"
#include "base/text_width.h"

namespace penstock {
namespace {

constexpr size_t kNone = std::string_view::npos;

/// Takes the first component off `path`; nothing when none is left.
std::optional<std::string_view> take_component(std::optional<std::string_view>& path) {
  if (!path) return std::nullopt;
  const size_t slash = path->find('/');
  const std::string_view component = path->substr(0, slash);
  if (slash == kNone) {
    path.reset();
  } else {
    path->remove_prefix(slash + 1);
  }
  return component;
}

/// A character of a set, escaped or not; moves `at` behind it. False at the end of the pattern.
bool take_member(std::string_view pattern, size_t& at, char32_t& member) {
  if (at < pattern.size() && pattern[at] == '\\') ++at;
  if (at >= pattern.size()) return false;
  at += next_character(pattern.substr(at), member);
  return true;
}

/// Whether `character` is in the set whose `[` precedes `at`. Moves `at` behind its `]`; `closed` is false when there
/// is none.
bool in_set(std::string_view pattern, size_t& at, char32_t character, bool& closed) {
  const bool negated = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
  if (negated) ++at;
  bool found = false;
  closed = false;
  while (at < pattern.size()) {
    if (pattern[at] == ']') {
      ++at;
      closed = true;
      return found != negated;
    }
    char32_t first = 0;
    if (!take_member(pattern, at, first)) return false;
    char32_t last = first;
    if (at + 1 < pattern.size() && pattern[at] == '-' && pattern[at + 1] != ']') {
      ++at;
      if (!take_member(pattern, at, last)) return false;
    }
    found = found || (first <= character && character <= last);
  }
  return false;
}

/// One step of `matches_component`: whether what stands at `at` (no `*`) takes the next character of `text`; moves both
/// on.
bool step(std::string_view pattern, size_t& at, std::string_view text, size_t& read) {
  if (at >= pattern.size()) return false;
  char32_t character = 0;
  const size_t length = next_character(text.substr(read), character);
  if (pattern[at] == '?') {
    ++at;
  } else if (pattern[at] == '[') {
    ++at;
    bool closed = false;
    if (!in_set(pattern, at, character, closed) || !closed) return false;
  } else {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
    if (pattern.compare(at, length, text.substr(read, length)) != 0) return false;
    at += length;
  }
  read += length;
  return true;
}

/// A pattern of `*`, `?`, sets and escapes against a text without slashes. After a mismatch only the last `*` takes one
/// character more: earlier ones need not be tried again, so the time stays within pattern × text.
bool matches_component(std::string_view pattern, std::string_view text) {
  size_t at = 0;
  size_t read = 0;
  size_t star = kNone;
  size_t star_read = 0;
  while (true) {
    if (at < pattern.size() && pattern[at] == '*') {
      while (at < pattern.size() && pattern[at] == '*') ++at;
      if (at == pattern.size()) return true;
      star = at;
      star_read = read;
      continue;
    }
    if (read == text.size()) return at == pattern.size();
    if (step(pattern, at, text, read)) continue;
    if (star == kNone) return false;
    char32_t skipped = 0;
    star_read += next_character(text.substr(star_read), skipped);
    at = star;
    read = star_read;
  }
}

/// Removes what doesn't change a path: `./`, doubled slashes, a slash at the end.
std::string cleaned(std::string_view pattern) {
  std::string clean;
  std::optional<std::string_view> rest = pattern;
  while (const auto component = take_component(rest)) {
    if (component->empty() || *component == ".") continue;
    if (!clean.empty()) clean += '/';
    clean += *component;
  }
  return clean;
}

/// Where the component that starts at `start` ends: a slash within a set or behind a `\` is part of it.
size_t component_end(std::string_view text, size_t start) {
  size_t at = start;
  while (at < text.size() && text[at] != '/') {
    if (text[at] == '\\') {
      at = std::min(at + 2, text.size());
      continue;
    }
    if (text[at++] != '[') continue;
    size_t behind = at;
    bool closed = false;
    in_set(text, behind, 0, closed);
    if (closed) at = behind;
  }
  return at;
}

bool has_wildcard(std::string_view text) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '*' || text[at] == '?' || text[at] == '[') return true;
    if (text[at] == '\\') ++at;
  }
  return false;
}

std::string without_escapes(std::string_view text) {
  std::string plain;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    plain += text[at];
  }
  return plain;
}

}  // namespace

Glob::Glob(std::string_view pattern, GlobStyle style) : pattern_(pattern), style_(style) {
  const std::string text = style == GlobStyle::doublestar ? cleaned(pattern) : pattern_;
  if (const auto expanded = expand_braces(text)) {
    for (const std::string& alternative : *expanded) alternatives_.push_back(split(alternative, false));
  } else {
    alternatives_.push_back(split(text, true));
  }
  find_prefix();
}

/// `literally`: the whole text is a name, whatever it holds.
Glob::Components Glob::split(std::string_view alternative, bool literally) const {
  Components components;
  size_t start = 0;
  while (true) {
    const size_t end =
        literally ? std::min(alternative.find('/', start), alternative.size()) : component_end(alternative, start);
    const std::string_view text = alternative.substr(start, end - start);
    const bool last = end == alternative.size();
    if (literally) {
      components.push_back({Component::Kind::literal, std::string(text)});
    } else if (text == "**" && (!last || style_ == GlobStyle::doublestar)) {
      // Several in a row mean the same as one.
      if (components.empty() || components.back().kind != Component::Kind::any_depth) {
        components.push_back({Component::Kind::any_depth, {}});
      }
    } else if (!has_wildcard(text)) {
      components.push_back({Component::Kind::literal, without_escapes(text)});
    } else {
      components.push_back({Component::Kind::wildcard, std::string(text)});
    }
    if (last) return components;
    start = end + 1;
  }
}

void Glob::find_prefix() {
  for (size_t depth = 0; !alternatives_.empty(); ++depth) {
    const std::string* common = nullptr;
    for (const Components& components : alternatives_) {
      if (depth >= components.size() || components[depth].kind != Component::Kind::literal) return;
      if (common != nullptr && *common != components[depth].text) return;
      common = &components[depth].text;
    }
    if (depth != 0) prefix_ += '/';
    prefix_ += *common;
  }
}

bool Glob::matches(std::string_view path) const {
  return std::any_of(alternatives_.begin(), alternatives_.end(),
                     [path](const Components& components) { return matches(components, path); });
}

/// As in `matches_component`, only the last `**` ever has to take one component more.
bool Glob::matches(const Components& components, std::string_view path) {
  size_t at = 0;
  std::optional<std::string_view> rest = path;
  std::optional<size_t> any_depth;
  std::optional<std::string_view> any_depth_rest;
  while (true) {
    if (at < components.size() && components[at].kind == Component::Kind::any_depth) {
      any_depth = ++at;
      if (at == components.size()) return true;
      any_depth_rest = rest;
      continue;
    }
    if (!rest && at == components.size()) return true;
    if (at < components.size()) {
      if (const auto name = take_component(rest)) {
        const Component& component = components[at++];
        if (component.kind == Component::Kind::literal ? *name == component.text
                                                       : matches_component(component.text, *name)) {
          continue;
        }
      } else {
        return false;
      }
    }
    if (!any_depth || !take_component(any_depth_rest)) return false;
    at = *any_depth;
    rest = any_depth_rest;
  }
}

bool Glob::may_match_below(std::string_view folder) const {
  return std::any_of(alternatives_.begin(), alternatives_.end(),
                     [folder](const Components& components) { return may_match_below(components, folder); });
}

/// Walks all places of the pattern at once that can stand behind the folder's components.
bool Glob::may_match_below(const Components& components, std::string_view folder) {
  std::vector<bool> live(components.size() + 1);
  live[0] = true;
  std::optional<std::string_view> rest;
  if (!folder.empty()) rest = folder;
  while (const auto name = take_component(rest)) {
    std::vector<bool> next(components.size() + 1);
    for (size_t at = 0; at < components.size(); ++at) {
      if (!live[at]) continue;
      const Component& component = components[at];
      if (component.kind == Component::Kind::any_depth) {
        next[at] = true;
        live[at + 1] = true;
      } else if (component.kind == Component::Kind::literal ? *name == component.text
                                                            : matches_component(component.text, *name)) {
        next[at + 1] = true;
      }
    }
    live = std::move(next);
  }
  return std::find(live.begin(), live.end() - 1, true) != live.end() - 1;
}

}  // namespace penstock
