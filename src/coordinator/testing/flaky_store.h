#pragma once

#include <functional>
#include <stdexcept>

#include "store/run_store.h"

namespace penstock::testing {

/// The machine has stopped: whatever the program was about to do, it doesn't.
struct MachineStopped : std::runtime_error {
  MachineStopped() : std::runtime_error("the machine stopped") {}
};

/// A store in front of a real one, that fails or stops the machine where a test says so.
class FlakyStore final : public RunStore {
 public:
  enum class Fate { well, fails, stops_before, stops_after };

  FlakyStore(RunStore& store, std::function<Fate()> fate) : store_(store), fate_(std::move(fate)) {}

  Result<StoredRun> create(const NewRun& run) override {
    return meet([&] { return store_.create(run); });
  }
  Result<StoredRun> load(int64_t run) override {
    return meet([&] { return store_.load(run); });
  }
  Result<std::optional<RunHeader>> header(int64_t run) override {
    return meet([&] { return store_.header(run); });
  }
  Result<Committed> commit(const Transition& transition) override {
    return meet([&] { return store_.commit(transition); });
  }
  Result<> post(int64_t run, const std::vector<Event>& events) override {
    return meet([&] { return store_.post(run, events); });
  }
  Result<std::vector<Posted>> inbox(int64_t run) override {
    return meet([&] { return store_.inbox(run); });
  }
  Result<std::optional<AttemptRecord>> last_attempt(int64_t run, const std::string& job) override {
    return meet([&] { return store_.last_attempt(run, job); });
  }
  Result<ArbiterState> arbiter() override {
    return meet([&] { return store_.arbiter(); });
  }
  Result<bool> change_arbiter(const ArbiterState& arbiter,
                              const std::vector<std::pair<int64_t, Event>>& posts) override {
    return meet([&] { return store_.change_arbiter(arbiter, posts); });
  }

 private:
  template <class Call>
  auto meet(Call call) -> decltype(call()) {
    const Fate fate = fate_();
    if (fate == Fate::fails) return Error{Fault::machine, "no space left on device", {}};
    if (fate == Fate::stops_before) throw MachineStopped();
    auto result = call();
    if (fate == Fate::stops_after) throw MachineStopped();
    return result;
  }

  RunStore& store_;
  std::function<Fate()> fate_;
};

}  // namespace penstock::testing
