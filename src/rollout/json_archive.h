#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"

/// How this room's values become JSON and come back: one function `fields(archive, value)` a type tells its members,
/// and serves the Writer and the Reader alike. For .cc files only. What is thrown in here is caught in `read_whole`.
namespace penstock::archive {

using Json = nlohmann::ordered_json;

struct Mismatch {
  std::string message;
};

[[noreturn]] inline void refuse(const std::string& message) { throw Mismatch{message}; }

/// The words of an enumeration, in its order; specialised beside `fields`.
template <class Enum>
struct Words;

/// The names of a variant's alternatives, in their order.
template <class Variant>
struct Kinds;

template <class T>
Json write(const T& value);
template <class T>
void read(const Json& json, T& value);

class Writer {
 public:
  template <class T>
  void required(const char* name, const T& value) {
    json_[name] = write(value);
  }
  /// Left out where it is as it would be anyway.
  template <class T>
  void optional(const char* name, const T& value) {
    if (!(value == T{})) json_[name] = write(value);
  }
  template <class T>
  void optional(const char* name, const std::optional<T>& value) {
    if (value) json_[name] = write(*value);
  }
  Json& json() { return json_; }

 private:
  Json json_ = Json::object();
};

class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {
    if (!json.is_object()) refuse("an object is expected");
  }
  template <class T>
  void required(const char* name, T& value) {
    const auto found = json_.find(name);
    if (found == json_.end()) refuse("the member `" + std::string(name) + "` is missing");
    take(name, *found, value);
  }
  template <class T>
  void optional(const char* name, T& value) {
    const auto found = json_.find(name);
    if (found == json_.end()) {
      value = T{};
    } else {
      take(name, *found, value);
    }
  }
  template <class T>
  void optional(const char* name, std::optional<T>& value) {
    const auto found = json_.find(name);
    value.reset();
    if (found != json_.end()) take(name, *found, value.emplace());
  }
  void known(const char* name) { known_.insert(name); }
  [[nodiscard]] const Json& json() const { return json_; }
  void finish() const {
    for (const auto& [name, value] : json_.items())
      if (!known_.contains(name)) refuse("`" + name + "` is not one of its members");
  }

 private:
  template <class T>
  void take(const char* name, const Json& json, T& value) {
    known_.insert(name);
    try {
      read(json, value);
    } catch (Mismatch& mismatch) {
      mismatch.message = "in `" + std::string(name) + "`: " + mismatch.message;
      throw;
    }
  }

  const Json& json_;
  std::set<std::string> known_;
};

inline int64_t whole(const Json& json, int64_t least, int64_t most) {
  if (!json.is_number_integer()) refuse("a whole number is expected");
  if (json.is_number_unsigned() && json.get<uint64_t>() > static_cast<uint64_t>(most))
    refuse("the number is too large");
  const auto value = json.get<int64_t>();
  if (value < least || value > most) refuse("the number is too large or too small");
  return value;
}

/// Ten thousand years, in milliseconds: with times up to that no sum overflows.
constexpr int64_t kLongest = int64_t{10000} * 366 * 86400 * 1000;

inline Duration time_of(const Json& json) {
  constexpr int64_t kAny = std::numeric_limits<int64_t>::max();
  return Duration(std::clamp(whole(json, -kAny - 1, kAny), -kLongest, kLongest));
}

template <class>
struct Shape;  // how a generic type is written and read
template <class T>
concept Generic = requires(const T& value) {
  Shape<T>::write(value);
};

template <class T>
struct Shape<std::vector<T>> {
  static Json write(const std::vector<T>& list) {
    Json json = Json::array();
    for (const T& each : list) json.push_back(archive::write(each));
    return json;
  }
  static void read(const Json& json, std::vector<T>& list) {
    if (!json.is_array()) refuse("a list is expected");
    list.clear();
    for (const Json& each : json) archive::read(each, list.emplace_back());
  }
};

template <class A, class B>
struct Shape<std::set<std::pair<A, B>>> {
  static Json write(const std::set<std::pair<A, B>>& set) {
    Json json = Json::array();
    for (const auto& [a, b] : set) json.push_back(Json::array({archive::write(a), archive::write(b)}));
    return json;
  }
  static void read(const Json& json, std::set<std::pair<A, B>>& set) {
    if (!json.is_array()) refuse("a list is expected");
    set.clear();
    for (const Json& each : json) {
      if (!each.is_array() || each.size() != 2) refuse("a pair is expected");
      std::pair<A, B> pair;
      archive::read(each[0], pair.first);
      archive::read(each[1], pair.second);
      set.insert(std::move(pair));
    }
  }
};

/// `{"kind": "rolling", …}`.
template <class... Alternatives>
struct Shape<std::variant<Alternatives...>> {
  using Variant = std::variant<Alternatives...>;
  static Json write(const Variant& value) {
    Writer writer;
    writer.json()["kind"] = std::string(Kinds<Variant>::names[value.index()]);
    std::visit([&](const auto& each) { fields(writer, const_cast<std::remove_cvref_t<decltype(each)>&>(each)); },
               value);
    return std::move(writer.json());
  }
  static void read(const Json& json, Variant& value) {
    Reader reader(json);
    std::string kind;
    reader.required("kind", kind);
    choose(kind, value, std::index_sequence_for<Alternatives...>{});
    std::visit([&](auto& each) { fields(reader, each); }, value);
    reader.finish();
  }

 private:
  template <size_t... Index>
  static void choose(const std::string& kind, Variant& value, std::index_sequence<Index...>) {
    const bool found = ((kind == Kinds<Variant>::names[Index] && (value.template emplace<Index>(), true)) || ...);
    if (!found) refuse("`" + kind + "` is not one of its kinds");
  }
};

template <class T>
Json write(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    return std::string(Words<T>::names[static_cast<size_t>(value)]);
  } else if constexpr (std::is_same_v<T, Duration>) {
    return value.count();
  } else if constexpr (std::is_same_v<T, Instant>) {
    return value.time_since_epoch().count();
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
    return value;
  } else if constexpr (Generic<T>) {
    return Shape<T>::write(value);
  } else {
    Writer writer;
    fields(writer, const_cast<T&>(value));
    return std::move(writer.json());
  }
}

template <class Enum>
void read_word(const Json& json, Enum& value) {
  std::string word;
  read(json, word);
  for (size_t i = 0; i < Words<Enum>::names.size(); ++i)
    if (Words<Enum>::names[i] == word) return static_cast<void>(value = static_cast<Enum>(i));
  refuse("`" + word + "` is not one of its words");
}

template <class T>
void read(const Json& json, T& value) {
  if constexpr (std::is_enum_v<T>) {
    read_word(json, value);
  } else if constexpr (std::is_same_v<T, Duration>) {
    value = time_of(json);
  } else if constexpr (std::is_same_v<T, Instant>) {
    value = Instant(time_of(json));
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!json.is_boolean()) refuse("true or false is expected");
    value = json.get<bool>();
  } else if constexpr (std::is_same_v<T, uint64_t>) {
    value = static_cast<uint64_t>(whole(json, 0, std::numeric_limits<int64_t>::max()));
  } else if constexpr (std::is_integral_v<T>) {
    value = static_cast<T>(whole(json, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!json.is_string()) refuse("a text is expected");
    value = json.get<std::string>();
  } else if constexpr (Generic<T>) {
    Shape<T>::read(json, value);
  } else {
    Reader reader(json);
    fields(reader, value);
    reader.finish();
  }
}

/// Bytes that aren't UTF-8 (in a log's last lines) are replaced.
inline std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

template <class T>
std::string write_whole(const T& value, int format) {
  Json json = write(value);
  json["format"] = format;
  return text_of(json);
}

/// Reads a versioned text; `what` names it in the refusal: `the rollout's state`.
template <class T>
Result<T> read_whole(std::string_view text, int format, const std::string& what) {
  try {
    Json json = Json::parse(text);
    if (!json.is_object()) refuse("an object is expected");
    const auto found = json.find("format");
    if (found == json.end()) refuse("the member `format` is missing");
    const int64_t has = whole(*found, 0, std::numeric_limits<int>::max());
    if (has < 1 || has > format)
      refuse("its format is " + std::to_string(has) + ", and this ci knows those up to " + std::to_string(format));
    json.erase("format");
    T value{};
    read(json, value);
    return value;
  } catch (const Mismatch& mismatch) {
    return Error{Fault::user, what + " can't be read: " + mismatch.message, "a newer ci may have written it"};
  } catch (const Json::exception& exception) {
    return Error{Fault::user, what + " can't be read: it is no JSON", exception.what()};
  }
}

}  // namespace penstock::archive
