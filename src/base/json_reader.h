#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/boxed.h"
#include "base/result.h"
#include "base/time.h"

namespace penstock {

/// How stored JSON is read: strictly, each member by its name and type, unknown ones refused. For .cc files only, since
/// it brings nlohmann's header; what is thrown in here never leaves `parse_stored`. A type of penstock's own is read by
/// a function `read_json(json, value)` beside it in namespace penstock.
namespace json_reading {

struct Mismatch {
  std::string message;
};

using Json = nlohmann::json;

[[noreturn]] inline void refuse(const std::string& message) { throw Mismatch{message}; }

inline void read_json(const Json& json, std::string& value) {
  if (!json.is_string()) refuse("a text is expected");
  value = json.get_ref<const std::string&>();
}
inline void read_json(const Json& json, bool& value) {
  if (!json.is_boolean()) refuse("true or false is expected");
  value = json.get<bool>();
}
inline void read_json(const Json& json, int64_t& value) {
  if (!json.is_number_integer()) refuse("a whole number is expected");
  if (json.is_number_unsigned() && json.get<uint64_t>() > uint64_t{std::numeric_limits<int64_t>::max()})
    refuse("the number is too large");
  value = json.get<int64_t>();
}
inline void read_json(const Json& json, int& value) {
  int64_t wide = 0;
  read_json(json, wide);
  if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max())
    refuse("the number is too large");
  value = static_cast<int>(wide);
}
inline void read_json(const Json& json, uint64_t& value) {
  if (!json.is_number_unsigned()) refuse("a whole number from 0 is expected");
  value = json.get<uint64_t>();
}
inline void read_json(const Json& json, double& value) {
  if (!json.is_number()) refuse("a number is expected");
  value = json.get<double>();
}
inline void read_json(const Json& json, Duration& value) {
  int64_t count = 0;
  read_json(json, count);
  value = Duration(count);
}
inline void read_json(const Json& json, Instant& value) {
  Duration since{};
  read_json(json, since);
  value = Instant(since);
}

template <class T>
void read_json(const Json& json, std::vector<T>& list) {
  if (!json.is_array()) refuse("a list is expected");
  list.reserve(json.size());
  for (const Json& item : json) read_json(item, list.emplace_back());
}

/// A word of a closed vocabulary: `known(word)` is its value, or nothing.
template <class Enum, class Known>
void read_word(const Json& json, Enum& value, Known known) {
  std::string word;
  read_json(json, word);
  const auto found = known(word);
  if (!found) refuse("\"" + word + "\" is not one of its words");
  value = *found;
}

/// One object's members. Each is asked for by name; `finish` refuses what nobody asked for.
class Members {
 public:
  explicit Members(const Json& json) : json_(json) {
    if (!json.is_object()) refuse("an object is expected");
  }

  /// The member, or null. It counts as known from now on.
  const Json* find(std::string_view name) {
    const auto found = json_.find(name);
    if (found == json_.end()) return nullptr;
    known_.push_back(name);
    return &*found;
  }

  /// Reads the member with `reader(json)` where it is there; mistakes in it carry its name.
  template <class Reader>
  bool with(std::string_view name, Reader reader) {
    const Json* member = find(name);
    if (member == nullptr) return false;
    try {
      reader(*member);
    } catch (const Mismatch& mismatch) {
      const bool nested = mismatch.message.starts_with('`');
      refuse("`" + std::string(name) + (nested ? "." + mismatch.message.substr(1) : "`: " + mismatch.message));
    }
    return true;
  }

  template <class T>
  bool optional(std::string_view name, T& value) {
    return with(name, [&](const Json& json) { read_json(json, value); });
  }
  template <class T>
  bool optional(std::string_view name, Boxed<T>& value) {
    return with(name, [&](const Json& json) { read_json(json, value.emplace()); });
  }
  template <class T>
  bool optional(std::string_view name, std::optional<T>& value) {
    return with(name, [&](const Json& json) { read_json(json, value.emplace()); });
  }
  template <class T>
  void required(std::string_view name, T& value) {
    if (!optional(name, value)) refuse("`" + std::string(name) + "` is missing");
  }

  void finish() {
    if (known_.size() == json_.size()) return;
    for (const auto& item : json_.items())
      if (std::find(known_.begin(), known_.end(), item.key()) == known_.end())
        refuse("`" + item.key() + "` is unknown");
  }

 private:
  const Json& json_;
  std::vector<std::string_view> known_;
};

/// Parses `text` and hands the tree to `reader(json)`, whose value is the result; `what` names the record in the error.
template <class Reader>
auto parse_stored(std::string_view text, std::string_view what, Reader reader)
    -> Result<decltype(reader(std::declval<Json>()))> {
  const auto damaged = [&](const std::string& why) {
    return Error{Fault::internal, "the " + std::string(what) + " cannot be read: " + why,
                 "it was damaged, or written by a later version of ci"};
  };
  try {
    return reader(Json::parse(text));
  } catch (const Mismatch& mismatch) {
    return damaged(mismatch.message);
  } catch (const Json::exception& exception) {
    return damaged(exception.what());
  }
}

}  // namespace json_reading
}  // namespace penstock
