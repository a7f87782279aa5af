#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace penstock {

/// Whose fault a failure is. It decides the words, the exit status and whether a retry can help.
enum class Fault {
  user,      ///< A mistake on the command line or in a file that the user wrote.
  job,       ///< The job's own command failed.
  machine,   ///< The machine: no space, no memory, a program missing, a permission refused.
  internal,  ///< Penstock itself: this is a bug.
};

/// A failure as data. `message` is a sentence without a trailing full stop that says what is wrong and where (path,
/// job, environment); `help`, where not empty, says what to do. Neither ever holds a secret.
struct Error {
  Fault fault = Fault::machine;
  std::string message;
  std::string help;

  friend bool operator==(const Error&, const Error&) = default;
};

/// Success without a value, for `Result<>`.
struct Unit {
  friend bool operator==(const Unit&, const Unit&) = default;
};

/// A value or the Error that stood in its way. The type at every room's door; exceptions are for what can't be handled.
template <class T = Unit>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: a value is a result
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: an error is a result

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] T& value() & { return std::get<0>(state_); }
  [[nodiscard]] const T& value() const& { return std::get<0>(state_); }
  /// By value: `for (… : f().value())` keeps what it walks through alive.
  [[nodiscard]] T value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const& { return std::get<1>(state_); }
  [[nodiscard]] Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

/// For `return success();` in a function that returns Result<>.
inline Unit success() { return {}; }

}  // namespace penstock

/// `PENSTOCK_TRY(auto value, f());` takes the value out of a Result or returns its error from this function.
#define PENSTOCK_TRY(declaration, expression) \
  PENSTOCK_TRY_(declaration, expression, PENSTOCK_CONCAT_(result_, __LINE__))
#define PENSTOCK_TRY_(declaration, expression, name) \
  auto name = (expression);                          \
  if (!name.ok()) return std::move(name).error();    \
  declaration = std::move(name).value()
/// `PENSTOCK_CHECK(f());` the same for a Result whose value doesn't matter.
#define PENSTOCK_CHECK(expression)                                                                          \
  do {                                                                                                      \
    if (auto result_checked = (expression); !result_checked.ok()) return std::move(result_checked).error(); \
  } while (false)
#define PENSTOCK_CONCAT_(a, b) PENSTOCK_CONCAT__(a, b)
#define PENSTOCK_CONCAT__(a, b) a##b
