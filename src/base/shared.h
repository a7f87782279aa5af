#pragma once

#include <memory>
#include <utility>

namespace penstock {

/// A value that no longer changes, held by all who say the same: to copy it costs a pointer. Holds `T{}` until it is
/// given another. Safe to read, copy and drop in several threads.
template <class T>
class Shared {
 public:
  Shared() = default;
  Shared(T value)
      : value_(std::make_shared<const T>(std::move(value))) {}  // NOLINT(google-explicit-constructor): it is the value

  const T& operator*() const { return value_ ? *value_ : usual(); }
  const T* operator->() const { return &**this; }
  /// Whether both hold one and the same, without a look at it.
  [[nodiscard]] bool is(const Shared& other) const { return value_ == other.value_; }

  friend bool operator==(const Shared& one, const Shared& other) { return one.is(other) || *one == *other; }

 private:
  static const T& usual() {
    static const T value{};
    return value;
  }

  std::shared_ptr<const T> value_;
};

}  // namespace penstock
