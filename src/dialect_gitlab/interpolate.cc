#include <algorithm>
#include <cctype>
#include <charconv>
#include <unordered_map>

#include "base/trimmed.h"
#include "dialect_gitlab/inputs.h"
#include "dialect_gitlab/read.h"

namespace penstock::gitlab {
namespace {

using yaml::Entry;
using yaml::Node;

constexpr size_t kMaxFunctions = 3;
constexpr size_t kMaxBlock = 1024;  // Bytes between the brackets.
constexpr size_t kMaxText = 1024 * 1024;
constexpr size_t kMaxBytes = size_t{16} << 20;  // Of all texts that come about.
constexpr std::string_view kBlanks = " \t\r\n\f\v";

/// What stands in a longer text for an input: a list as JSON, which is what GitLab puts there.
std::string as_text(const Node& value) { return value.is_scalar() ? value.to_text() : to_json(value); }

/// `text` from the character `offset` on, `length` characters of it.
std::string_view characters(std::string_view text, size_t offset, size_t length) {
  auto skip = [&](size_t at, size_t count) {
    for (; count > 0 && at < text.size(); --count) {
      ++at;
      while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    }
    return at;
  };
  const size_t begin = skip(0, offset);
  return text.substr(begin, skip(begin, length) - begin);
}

/// As Ruby's Shellwords escapes for a POSIX shell.
std::string posix_escaped(std::string_view text) {
  if (text.empty()) return "''";
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      escaped += "'\n'";
      continue;
    }
    const bool plain =
        std::isalnum(byte) || byte >= 0x80 || std::string_view("_-.,:+/@").find(c) != std::string_view::npos;
    if (!plain) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// The two numbers of `truncate(0,8)`.
bool read_truncate(std::string_view function, size_t& offset, size_t& length) {
  if (!function.starts_with("truncate(") || !function.ends_with(")")) return false;
  const std::string_view inner = function.substr(9, function.size() - 10);
  const size_t comma = inner.find(',');
  if (comma == std::string_view::npos) return false;
  auto number = [](std::string_view text, size_t& value) {
    text = trimmed(text, kBlanks);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
  };
  return number(inner.substr(0, comma), offset) && number(inner.substr(comma + 1), length);
}

class Interpolation {
 public:
  Interpolation(Report& report, yaml::Arena& arena, const Inputs& inputs, const Scope& scope)
      : report_(report), arena_(arena), inputs_(inputs), scope_(scope) {}

  const Node* replace(const Node& node) {
    if (node.is_scalar()) return replace_scalar(node);
    const auto known = replaced_.find(&node);
    if (known != replaced_.end()) return known->second;
    const Node* result = node.is_mapping() ? replace_mapping(node) : replace_sequence(node);
    replaced_[&node] = result;
    return result;
  }

 private:
  const Node* replace_mapping(const Node& node) {
    std::vector<Entry> entries(node.entries().begin(), node.entries().end());
    bool changed = false;
    for (Entry& entry : entries) {
      const Entry before = entry;
      entry.key = replace_key(*entry.key);
      entry.value = replace(*entry.value);
      changed = changed || entry.key != before.key || entry.value != before.value;
    }
    return changed ? arena_.mapping(entries, node) : &node;
  }

  const Node* replace_sequence(const Node& node) {
    std::vector<const Node*> items(node.items().begin(), node.items().end());
    bool changed = false;
    for (const Node*& item : items) {
      const Node* before = item;
      item = replace(*item);
      changed = changed || item != before;
    }
    return changed ? arena_.sequence(items, node) : &node;
  }

  /// A key is a text, whatever the input's type.
  const Node* replace_key(const Node& key) {
    const Node* replaced = replace_scalar(key);
    return replaced == &key ? &key : arena_.scalar(as_text(*replaced), yaml::Style::double_quoted, key);
  }

  const Node* replace_scalar(const Node& node) {
    const std::string_view text = node.text();
    InterpolationBlock block = next_block(text, 0);
    if (block.length == 0) return &node;
    if (text.size() > kMaxText) {
      report_.error("too-long", node.span(), "a text with `$[[ … ]]` in it can have at most 1 MiB");
      return &node;
    }
    const bool whole = block.length == text.size();
    std::string result;
    size_t done = 0;
    for (; block.length > 0; block = next_block(text, done)) {
      const Node* value = value_of(node, block);
      if (whole && value != nullptr) return value;
      result += text.substr(done, block.offset - done);
      done = block.offset + block.length;
      result += value == nullptr ? text.substr(block.offset, block.length) : as_text(*value);
      if (!count(node, result.size())) return &node;
    }
    result += text.substr(done);
    return result == text ? &node : arena_.scalar(result, yaml::Style::double_quoted, node);
  }

  bool count(const Node& node, size_t bytes) {
    total_ += bytes;
    if (total_ <= kMaxBytes) return true;
    report_.error("too-large", node.span(), "the file grows too large by its inputs");
    return false;
  }

  const Node* find(std::string_view access) const {
    if (access.starts_with("inputs.")) return inputs_.find(access.substr(7));
    return access.starts_with("component.") ? inputs_.find_component(access.substr(10)) : nullptr;
  }

  void report_unknown(std::string_view access, const SourceSpan& span) {
    if (access.starts_with("inputs.")) {
      const std::string name(access.substr(7));
      Diagnostic& told = report_.error("unknown-input", span, "there is no input `" + name + "`");
      told.instead = nearest(name, inputs_.names());
      told.help = "inputs are declared in the file's header, under `spec: inputs`";
      return;
    }
    Diagnostic& told = report_.error("unknown-input", span, "`" + std::string(access) + "` can't stand in `$[[ … ]]`");
    told.help = "write `$[[ inputs.NAME ]]`";
    if (!access.starts_with("component.")) return;
    told.message = "the header doesn't ask for `" + std::string(access) + "`";
    told.help = "a component asks for what it uses of name, sha, version and reference: `spec: {component: [" +
                std::string(access.substr(10)) + "]}`";
  }

  /// Null: it stays as it is, for later or because of a mistake that was reported.
  const Node* value_of(const Node& node, const InterpolationBlock& block) {
    std::vector<std::string_view> parts;
    for (size_t at = 0; at <= block.content.size();) {
      const size_t end = std::min(block.content.find('|', at), block.content.size());
      parts.push_back(trimmed(block.content.substr(at, end - at), kBlanks));
      at = end + 1;
    }
    const std::string_view access = parts.front();
    if (access.starts_with("matrix.")) return nullptr;
    auto mistake = [&](const char* name, std::string message) -> Diagnostic& {
      return report_.error(name, node.span_within(block.offset, block.length), std::move(message));
    };
    if (block.length > kMaxBlock + 5) {
      mistake("too-long", "what stands in `$[[ … ]]` can have at most 1 KiB");
      return nullptr;
    }
    const Node* value = find(access);
    if (value == nullptr) {
      report_unknown(access, node.span_within(block.offset, block.length));
      return nullptr;
    }
    if (parts.size() - 1 > kMaxFunctions) {
      mistake("too-many", "at most three functions can follow an input");
      return nullptr;
    }
    for (size_t i = 1; i < parts.size() && value != nullptr; ++i) {
      std::string problem;
      value = apply(parts[i], *value, node, problem);
      if (value == nullptr)
        mistake("unknown-function", problem).help =
            "there are `expand_vars`, `truncate(OFFSET,LENGTH)` and `posix_escape`";
    }
    return value;
  }

  const Node* apply(std::string_view function, const Node& value, const Node& place, std::string& problem) {
    size_t offset = 0;
    size_t length = 0;
    const bool truncates = read_truncate(function, offset, length);
    if (!truncates && function != "expand_vars" && function != "posix_escape") {
      problem = "there is no function `" + std::string(function) + "`";
      return nullptr;
    }
    if (!value.is_string() && !value.is_null()) {
      problem = "`" + std::string(function) + "` wants a string, not " + std::string(value.kind_name());
      return nullptr;
    }
    std::string text(value.text());
    if (truncates) text = characters(value.text(), offset, length);
    if (function == "expand_vars") text = expand_once(value.text(), scope_, Unknown::keep);
    if (function == "posix_escape") text = posix_escaped(value.text());
    return arena_.scalar(text, yaml::Style::double_quoted, place);
  }

  Report& report_;
  yaml::Arena& arena_;
  const Inputs& inputs_;
  const Scope& scope_;
  std::unordered_map<const Node*, const Node*> replaced_;
  size_t total_ = 0;
};

}  // namespace

InterpolationBlock next_block(std::string_view text, size_t from) {
  for (size_t at = text.find("$[[", from); at != std::string_view::npos; at = text.find("$[[", at + 1)) {
    const size_t end = text.find("]]", at + 3);
    if (end == std::string_view::npos) break;
    const std::string_view content = trimmed(text.substr(at + 3, end - at - 3), kBlanks);
    if (content.size() < 2 || content.find('\n') != std::string_view::npos) continue;
    return {at, end + 2 - at, content};
  }
  return {};
}

const Node* interpolate(Report& report, yaml::Arena& arena, const Inputs& inputs, const Scope& scope,
                        const Node& root) {
  return Interpolation(report, arena, inputs, scope).replace(root);
}

}  // namespace penstock::gitlab
