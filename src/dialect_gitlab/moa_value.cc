#include "dialect_gitlab/moa_value.h"

#include <algorithm>
#include <charconv>

#include "base/json_writer.h"

namespace penstock::gitlab {
namespace {

std::string digits_of(double number) {
  char room[32];
  const auto [end, problem] = std::to_chars(room, room + sizeof room, number);
  return problem == std::errc() ? std::string(room, end) : std::string();
}

void write_json(JsonWriter& json, const MoaValue& value) {
  switch (value.kind) {
    case MoaValue::Kind::null:
      json.null();
      return;
    case MoaValue::Kind::boolean:
      json.value(value.truth);
      return;
    case MoaValue::Kind::number:
      json.raw(digits_of(value.number));
      return;
    case MoaValue::Kind::string:
      json.value(std::string_view(value.text));
      return;
    case MoaValue::Kind::array:
      json.begin_array();
      for (const MoaValue& item : value.items) write_json(json, item);
      json.end_array();
      return;
    case MoaValue::Kind::object:
      json.begin_object();
      for (const auto& [name, member] : value.members) write_json(json.key(name), member);
      json.end_object();
      return;
  }
}

}  // namespace

MoaValue MoaValue::of(bool truth) {
  MoaValue value;
  value.kind = Kind::boolean;
  value.truth = truth;
  return value;
}

MoaValue MoaValue::of(double number) {
  MoaValue value;
  value.kind = Kind::number;
  value.number = number;
  return value;
}

MoaValue MoaValue::of(std::string text) {
  MoaValue value;
  value.kind = Kind::string;
  value.text = std::move(text);
  return value;
}

MoaValue MoaValue::of(const yaml::Node& node) {
  MoaValue value;
  if (node.is_sequence()) {
    value.kind = Kind::array;
    for (const yaml::Node* item : node.items()) value.items.push_back(of(*item));
    return value;
  }
  if (node.is_mapping()) {
    value.kind = Kind::object;
    for (const yaml::Entry& entry : node.entries()) value.members.push_back({entry.key->to_text(), of(*entry.value)});
    return value;
  }
  if (node.is_null()) return value;
  if (const std::optional<bool> truth = node.as_bool()) return of(*truth);
  if (const std::optional<double> number = node.as_float()) return of(*number);
  return of(node.is_string() ? std::string(node.text()) : node.to_text());
}

bool MoaValue::holds() const {
  return (kind == Kind::boolean && truth) || (kind == Kind::number && number != 0) || !text.empty() || !items.empty() ||
         !members.empty();
}

std::string MoaValue::to_text() const {
  if (kind == Kind::string) return text;
  if (kind == Kind::null) return "<null>";
  std::string json;
  JsonWriter writer(json);
  write_json(writer, *this);
  return json;
}

bool MoaValue::equals(const MoaValue& other) const {
  if (kind != other.kind || members.size() != other.members.size()) return false;
  const auto same = [&](const MoaMember& member) {
    const MoaValue* found = other.find(member.name);
    return found != nullptr && member.value.equals(*found);
  };
  return truth == other.truth && number == other.number && text == other.text &&
         std::equal(items.begin(), items.end(), other.items.begin(), other.items.end(),
                    [](const MoaValue& a, const MoaValue& b) { return a.equals(b); }) &&
         std::all_of(members.begin(), members.end(), same);
}

size_t MoaValue::weight() const {
  size_t total = 1 + text.size() / 64;
  for (const MoaValue& item : items) total += item.weight();
  for (const auto& [name, member] : members) total += member.weight();
  return total;
}

const MoaValue* MoaValue::find(std::string_view name) const {
  for (const auto& [known, value] : members) {
    if (known == name) return &value;
  }
  return nullptr;
}

}  // namespace penstock::gitlab
