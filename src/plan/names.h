#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "plan/plan.h"

namespace penstock {

/// The words that stand for enumerators in the plan's JSON form and in messages. Frozen, as the form is.
template <class Enum>
struct Names;

template <>
struct Names<Condition> {
  static constexpr std::array<std::pair<Condition, std::string_view>, 3> kAll = {{
      {Condition::on_success, "on_success"},
      {Condition::on_failure, "on_failure"},
      {Condition::always, "always"},
  }};
};

template <>
struct Names<Gate::Kind> {
  static constexpr std::array<std::pair<Gate::Kind, std::string_view>, 3> kAll = {{
      {Gate::Kind::none, "none"},
      {Gate::Kind::manual, "manual"},
      {Gate::Kind::delayed, "delayed"},
  }};
};

template <>
struct Names<KeepWhen> {
  static constexpr std::array<std::pair<KeepWhen, std::string_view>, 3> kAll = {{
      {KeepWhen::on_success, "on_success"},
      {KeepWhen::on_failure, "on_failure"},
      {KeepWhen::always, "always"},
  }};
};

template <>
struct Names<Clause::Outcome> {
  static constexpr std::array<std::pair<Clause::Outcome, std::string_view>, 3> kAll = {{
      {Clause::Outcome::yes, "yes"},
      {Clause::Outcome::no, "no"},
      {Clause::Outcome::not_reached, "not_reached"},
  }};
};

template <class Enum>
constexpr std::string_view word_of(Enum enumerator) {
  for (const auto& [value, word] : Names<Enum>::kAll)
    if (value == enumerator) return word;
  return {};
}

template <class Enum>
constexpr std::optional<Enum> from_word(std::string_view text) {
  for (const auto& [value, word] : Names<Enum>::kAll)
    if (word == text) return value;
  return std::nullopt;
}

}  // namespace penstock
