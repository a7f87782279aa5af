#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <type_traits>
#include <vector>

#include "os/unique_fd.h"

namespace penstock {

/// Calls from other threads, carried out by the thread that owns the queue, in the order of their coming.
class CallQueue {
 public:
  CallQueue();

  /// Readable while calls wait.
  [[nodiscard]] int fd() const { return ready_.get(); }
  /// The owner's thread: carries out those that wait.
  void carry_out();

  /// Any other thread: waits until the owner has carried it out. The owner must not wait for that thread meanwhile,
  /// unless by `carry_out`.
  template <class Call>
  auto ask(Call&& call) -> std::invoke_result_t<Call> {
    using Answer = std::invoke_result_t<Call>;
    if constexpr (std::is_void_v<Answer>) {
      push(call);
    } else {
      std::optional<Answer> answer;
      push([&] { answer.emplace(call()); });
      return *std::move(answer);
    }
  }

 private:
  struct Waiting {
    const std::function<void()>* call;
    bool done = false;
  };
  void push(const std::function<void()>& call);

  os::UniqueFd ready_;
  std::mutex mutex_;
  std::condition_variable carried_out_;
  std::vector<Waiting*> waiting_;
};

}  // namespace penstock
