#include "engine/run.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/run_state.h"
#include "plan/check.h"

namespace penstock {

Run::Run(std::shared_ptr<const Plan> plan, RunOptions options)
    : state_(std::make_unique<State>(std::move(plan), options)) {}
Run::Run(const Run& other) : state_(std::make_unique<State>(*other.state_)) {}
Run& Run::operator=(const Run& other) {
  if (this != &other) state_ = std::make_unique<State>(*other.state_);
  return *this;
}
Run::Run(Run&&) noexcept = default;
Run& Run::operator=(Run&&) noexcept = default;
Run::~Run() = default;

Result<std::vector<Command>> Run::apply(const Event& event) {
  State& state = *state_;
  if (!state.record.started && !std::holds_alternative<event::Started>(event.what))
    return Error{Fault::user, "the run has not started yet", {}};
  state.now = event.at;
  state.anything_changed = std::holds_alternative<event::Started>(event.what);
  const auto handled = std::visit([&](const auto& what) { return state.handle(what); }, event.what);
  if (!handled.ok()) return handled.error();  // a refused event has changed nothing
  state.settle();
  state.update_statuses();
  if (state.anything_changed && has_ended(state.record.status))
    state.commands.emplace_back(command::RunEnded{state.record.status});
  return std::exchange(state.commands, {});
}

const Plan& Run::plan() const { return *state_->plan; }
const RunOptions& Run::options() const { return state_->options; }

size_t Run::size() const { return state_->slots.size(); }
const Job& Run::job(size_t index) const { return *state_->slots[index].job; }
const JobState& Run::state(size_t index) const { return state_->slots[index].state; }

std::optional<size_t> Run::index_of(std::string_view name) const {
  const auto found = state_->job_index.find(name);
  return found == state_->job_index.end() ? std::nullopt : std::optional(found->second);
}

Status Run::status() const { return state_->record.status; }
bool Run::has_warnings() const { return state_->tally.any(Bucket::warning); }

Status Run::stage_status(std::string_view stage) const {
  const auto found = state_->stage_index.find(stage);
  return found == state_->stage_index.end() ? Status::created : state_->stages[found->second].status;
}

std::vector<size_t> Run::pending(size_t at_most) const {
  std::vector<size_t> indices;
  for (const auto& [since, index] : state_->pending) {
    if (indices.size() == at_most) break;
    indices.push_back(index);
  }
  return indices;
}

size_t Run::running() const { return state_->tally.count(Bucket::running) + state_->tally.count(Bucket::canceling); }

std::vector<size_t> Run::manual(bool blocking) const {
  std::vector<size_t> indices;
  for (const size_t i : state_->manual)
    if (!blocking || state_->slots[i].bucket == Bucket::manual) indices.push_back(i);
  return indices;
}

std::optional<Instant> Run::next_due() const {
  if (state_->scheduled.empty()) return std::nullopt;
  return state_->scheduled.begin()->first;
}

bool Run::is_parked() const { return state_->record.started && state_->pending.empty() && running() == 0; }

std::vector<size_t> Run::take_changed() {
  for (const size_t i : state_->changed) state_->slots[i].changed = false;
  return std::exchange(state_->changed, {});
}

const RunRecord& Run::record() const { return state_->record; }

std::vector<event::JobsAdded> Run::added() const {
  std::vector<event::JobsAdded> events;
  for (const auto& event : state_->added) events.push_back(*event);
  return events;
}

namespace {

Error damaged(const Error& why) {
  return {Fault::internal, "the stored plan is unsound: " + why.message,
          "it was damaged, or written by a later version of ci"};
}

}  // namespace

Result<Run> Run::restore(std::shared_ptr<const Plan> plan, RunOptions options, std::vector<event::JobsAdded> added,
                         RunRecord record, std::vector<JobState> states) {
  if (const auto sound = check(*plan); !sound.ok()) return damaged(sound.error());
  Run run(std::move(plan), options);
  State& state = *run.state_;
  for (event::JobsAdded& event : added) {
    if (const auto sound = state.check_added(event); !sound.ok()) return damaged(sound.error());
    const auto kept = state.added.emplace_back(std::make_shared<const event::JobsAdded>(std::move(event)));
    for (const std::string& stage : kept->stages) state.add_stage(stage);
    state.add_jobs(kept->jobs);
  }
  if (states.size() != state.slots.size())
    return Error{Fault::internal,
                 "the stored run has " + std::to_string(states.size()) + " states for " +
                     std::to_string(state.slots.size()) + " jobs",
                 "it was damaged, or written by a later version of ci"};
  state.record = std::move(record);
  for (size_t i = 0; i < states.size(); ++i) {
    const JobState& stored = states[i];
    const bool needs_time = stored.status == Status::pending && !stored.ready_at;
    if (needs_time || (stored.status == Status::scheduled && !stored.due_at))
      return Error{Fault::internal, "the stored state of job " + quoted(run.job(i).name) + " lacks a time", {}};
    state.set(i, std::move(states[i]));
  }
  state.to_consider.clear();  // each event was settled before it was stored
  state.walk_from = State::kNowhere;
  for (State::Stage& stage : state.stages) {
    const auto kept = state.record.stages.find(std::string(stage.name));
    stage.status = kept == state.record.stages.end() ? composite(stage.tally).value_or(Status::created) : kept->second;
  }
  return run;
}

bool operator==(const Run& a, const Run& b) {
  const Run::State& left = *a.state_;
  const Run::State& right = *b.state_;
  if (left.options != right.options || left.record != right.record || a.added() != b.added()) return false;
  if (left.plan != right.plan && *left.plan != *right.plan) return false;
  for (size_t i = 0; i < left.slots.size(); ++i)
    if (left.slots[i].state != right.slots[i].state) return false;
  return true;
}

}  // namespace penstock
