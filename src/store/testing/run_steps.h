#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/run.h"
#include "store/run_store.h"

namespace penstock::testing {

/// Makes transitions of a run as a coordinator would, one event each.
class RunSteps {
 public:
  explicit RunSteps(StoredRun stored)
      : id(stored.header.id), version(stored.header.version), run(std::move(stored.run)) {}

  Transition step(decltype(Event::what) what, Promise promise = Promise::crash_safe) {
    Transition transition;
    transition.run = id;
    transition.expected_version = version++;
    transition.at = now += Duration(1000);
    transition.promise = promise;
    Event event{now, std::move(what)};
    const Result<std::vector<Command>> commands = run.apply(event);
    if (commands.ok()) {
      for (const Command& command : *commands) {
        if (const auto* start = std::get_if<command::StartJob>(&command)) {
          transition.started.push_back({start->job, start->attempt});
        }
      }
    }
    for (const size_t job : run.take_changed()) transition.jobs.emplace_back(job, run.state(job));
    transition.record = run.record();
    transition.summary.status = run.status();
    transition.events.push_back(std::move(event));
    return transition;
  }

  int64_t id;
  int64_t version;
  Run run;
  Instant now{Duration(1'000'000)};
};

}  // namespace penstock::testing
