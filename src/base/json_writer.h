#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penstock {

/// Appends JSON to a string in one pass, without a tree: for what is written often or is large. Compact unless `indent`
/// > 0. Invalid UTF-8 becomes U+FFFD, so what comes out is always valid JSON. The caller keeps begin/end in balance.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& output, int indent = 0) : output_(output), indent_(indent) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool truth);
  JsonWriter& value(int64_t number);
  JsonWriter& value(int number) { return value(static_cast<int64_t>(number)); }
  JsonWriter& value(uint64_t number);
  JsonWriter& value(uint32_t number) { return value(static_cast<uint64_t>(number)); }
  JsonWriter& value(double number);  ///< null for what is no finite number.
  JsonWriter& null();
  /// JSON that is there already, such as a stored plan.
  JsonWriter& raw(std::string_view json);

  template <class T>
  JsonWriter& member(std::string_view name, const T& content) {
    key(name);
    return value(content);
  }

 private:
  void separate();
  void break_line();
  void close(char bracket);

  std::string& output_;
  int indent_;
  std::vector<bool> has_items_;  // for each open object or array
  bool after_key_ = false;
};

}  // namespace penstock
