#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/yaml.h"

namespace penstock::gitlab {

struct MoaMember;

/// A value of Moa.
struct MoaValue {
  enum class Kind { null, boolean, number, string, array, object };
  Kind kind = Kind::null;
  bool truth = false;
  double number = 0;
  std::string text;
  std::vector<MoaValue> items;
  std::vector<MoaMember> members;

  static MoaValue of(bool truth);
  static MoaValue of(double number);
  static MoaValue of(std::string text);
  static MoaValue of(const yaml::Node& node);

  /// Whether it counts as true in `&&`, `||` and `!`.
  [[nodiscard]] bool holds() const;
  /// As it stands in a text.
  [[nodiscard]] std::string to_text() const;
  [[nodiscard]] bool equals(const MoaValue& other) const;
  /// How many values there are in it, itself included.
  [[nodiscard]] size_t weight() const;
  [[nodiscard]] const MoaValue* find(std::string_view name) const;
};

/// Of an object.
struct MoaMember {
  std::string name;
  MoaValue value;
};

}  // namespace penstock::gitlab
