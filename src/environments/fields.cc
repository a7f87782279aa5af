#include "environments/fields.h"

#include <algorithm>

#include "base/words.h"

namespace penstock::environments {
namespace {

template <class Read, class T>
bool take(Read read, const Node* node, T& value) {
  if (node == nullptr) return false;
  if (auto found = read(*node)) value = std::move(*found);
  return true;
}

}  // namespace

Fields::Fields(Report& report, const Node& node, std::string where)
    : report_(report), node_(node), where_(std::move(where)) {
  if (!node.is_mapping()) wrong_type(report, node, where_, "a mapping");
}

const Node* Fields::find(std::string_view key) {
  if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) asked_.push_back(key);
  const Node* value = node_.find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::optional<std::string_view> Fields::one_of(std::span<const std::string_view> keys) {
  std::optional<std::string_view> first;
  for (std::string_view key : keys) {
    if (find(key) == nullptr) continue;
    if (first) {
      report_.error("conflicting-keywords", node_.find_entry(key)->key->span(),
                    quoted(key) + " can't stand beside " + quoted(*first));
    } else {
      first = key;
    }
  }
  return first;
}

bool Fields::text(std::string_view key, std::string& value) {
  return take([&](const Node& node) { return read_text(report_, node, quoted(key)); }, find(key), value);
}

bool Fields::flag(std::string_view key, bool& value) {
  return take([&](const Node& node) { return read_flag(report_, node, quoted(key)); }, find(key), value);
}

bool Fields::flag(std::string_view key, std::optional<bool>& value) {
  return take([&](const Node& node) { return read_flag(report_, node, quoted(key)); }, find(key), value);
}

bool Fields::number(std::string_view key, int& value, int least, int most) {
  return take([&](const Node& node) { return read_number(report_, node, quoted(key), least, most); }, find(key), value);
}

bool Fields::duration(std::string_view key, Duration& value, Duration least, Duration most) {
  return take([&](const Node& node) { return read_duration(report_, node, quoted(key), least, most); }, find(key),
              value);
}

bool Fields::duration(std::string_view key, std::optional<Duration>& value, Duration least, Duration most) {
  return take([&](const Node& node) { return read_duration(report_, node, quoted(key), least, most); }, find(key),
              value);
}

bool Fields::share(std::string_view key, double& value) {
  return take([&](const Node& node) { return read_share(report_, node, quoted(key)); }, find(key), value);
}

bool Fields::amount(std::string_view key, Amount& value, std::string_view of, int least) {
  return take([&](const Node& node) { return read_amount(report_, node, quoted(key), of, least); }, find(key), value);
}

bool Fields::texts(std::string_view key, std::vector<std::string>& value) {
  const Node* node = find(key);
  if (node != nullptr) value = read_texts(report_, *node, quoted(key));
  return node != nullptr;
}

bool Fields::pairs(std::string_view key, Pairs& value) {
  const Node* node = find(key);
  if (node != nullptr) value = read_pairs(report_, *node, quoted(key));
  return node != nullptr;
}

bool Fields::word(std::string_view key, std::string& value, std::span<const std::string_view> words) {
  return take([&](const Node& node) { return read_word(report_, node, quoted(key), words); }, find(key), value);
}

void Fields::missing(std::string_view key, std::string_view help, std::span<const std::string_view> others) {
  if (readable()) missing_.push_back({key, help, others});
}

void Fields::finish() {
  for (const yaml::Entry& entry : node_.entries()) {
    const std::string_view key = entry.key->text();
    if (std::find(asked_.begin(), asked_.end(), key) != asked_.end()) continue;
    Diagnostic& told =
        report_.error("unknown-keyword", entry.key->span(), quoted(key) + " is not a keyword of " + where_);
    told.instead = nearest(key, asked_);
    if (!told.instead.empty()) {
      report_.misspelt(node_, told.instead);
      continue;
    }
    for (const std::string_view known : asked_) {
      told.help += (told.help.empty() ? "there are " : ", ") + quoted(known);
    }
  }
  const auto is_misspelt = [this](std::string_view key) { return report_.is_misspelt(node_, key); };
  for (const auto& [key, help, others] : missing_) {
    if (is_misspelt(key) || std::any_of(others.begin(), others.end(), is_misspelt)) continue;
    report_.error("missing-value", node_.span(), where_ + " has no " + quoted(key)).help = std::string(help);
  }
}

}  // namespace penstock::environments
