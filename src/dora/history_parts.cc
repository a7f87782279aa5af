#include <algorithm>
#include <utility>

#include "dora/bytes.h"
#include "dora/from_journal.h"

namespace penstock {
namespace {

using dora::BytesReader;
using dora::BytesWriter;
using Kind = DoraDeployment::Kind;

/// Of the form. What another version wrote is read anew from the journal.
constexpr int64_t kForm = 1;
constexpr size_t kPart = 1'000;
/// Beside the kind, in one number.
constexpr int64_t kFailed = 4;
constexpr int64_t kRecovered = 8;

void write(BytesWriter& to, const DoraDeployment& deployment) {
  to.number(static_cast<int64_t>(deployment.kind) + (deployment.failed ? kFailed : 0) +
            (deployment.recovered_at ? kRecovered : 0));
  to.time(deployment.began_at);
  to.time(deployment.live_at);
  if (deployment.recovered_at) to.time(*deployment.recovered_at);
  to.count(deployment.commits.size());
  for (const Instant commit : deployment.commits) to.time(commit);
}

void read(BytesReader& from, DoraDeployment& deployment) {
  const auto flags = static_cast<uint64_t>(from.number());
  deployment.kind = static_cast<Kind>(flags & 3U);
  deployment.failed = (flags & static_cast<uint64_t>(kFailed)) != 0;
  deployment.began_at = from.time();
  deployment.live_at = from.time();
  if ((flags & static_cast<uint64_t>(kRecovered)) != 0) deployment.recovered_at = from.time();
  deployment.commits.resize(from.count());
  for (Instant& commit : deployment.commits) commit = from.time();
}

void write(BytesWriter& to, const DoraHistory& history) {
  to.count(history.incidents.size());
  for (const DoraIncident& incident : history.incidents) {
    to.number(incident.closed_at ? 1 : 0);
    to.time(incident.opened_at);
    if (incident.closed_at) to.time(*incident.closed_at);
  }
  to.count(history.never_live.size());
  for (const Instant at : history.never_live) to.time(at);
}

void read(BytesReader& from, DoraHistory& history) {
  history.incidents.resize(from.count());
  for (DoraIncident& incident : history.incidents) {
    const bool is_closed = from.number() != 0;
    incident.opened_at = from.time();
    if (is_closed) incident.closed_at = from.time();
  }
  history.never_live.resize(from.count());
  for (Instant& at : history.never_live) at = from.time();
}

}  // namespace

std::string DoraHistoryReader::working_part() const {
  BytesWriter to;
  to.number(kForm);
  to.count(state_.history.deployments.size());
  to.number(state_.last_entry);
  for (const std::string* text :
       {&state_.last_words, &state_.release, &state_.commit, &state_.configuration, &state_.rollout})
    to.text(*text);
  to.number(state_.live ? static_cast<int64_t>(*state_.live) : -1);
  to.count(state_.began.size());
  for (const auto& [rollout, at] : state_.began) {
    to.text(rollout);
    to.time(at);
  }
  to.count(state_.live_commits.size());
  for (const std::string& commit : state_.live_commits) to.text(commit);
  to.count(state_.incidents.size());
  for (const auto& [number, index] : state_.incidents) {
    to.number(number);
    to.count(index);
  }
  write(to, state_.history);
  return to.take();
}

std::vector<std::string> DoraHistoryReader::parts() const {
  std::vector<std::string> parts = {working_part()};
  const std::vector<DoraDeployment>& all = state_.history.deployments;
  for (size_t first = 0; first < all.size(); first += kPart) {
    BytesWriter to;
    for (size_t i = first; i < std::min(all.size(), first + kPart); ++i) write(to, all[i]);
    parts.push_back(to.take());
  }
  return parts;
}

bool DoraHistoryReader::take_working_part(const std::string& bytes, State& state, size_t& deployments) {
  BytesReader from(bytes);
  if (from.number() != kForm) return false;
  const int64_t expected = from.number();
  deployments = static_cast<size_t>(std::max<int64_t>(expected, 0));
  state.last_entry = from.number();
  for (std::string* text : {&state.last_words, &state.release, &state.commit, &state.configuration, &state.rollout})
    *text = from.text();
  const int64_t live = from.number();
  if (live >= expected) return false;
  if (live >= 0) state.live = static_cast<size_t>(live);
  for (size_t left = from.count(); left > 0; --left) {
    std::string rollout = from.text();
    state.began[std::move(rollout)] = from.time();
  }
  for (size_t left = from.count(); left > 0; --left) state.live_commits.push_back(from.text());
  for (size_t left = from.count(); left > 0; --left) {
    const int64_t number = from.number();
    state.incidents[number] = static_cast<size_t>(from.number());
  }
  read(from, state.history);
  const bool incidents_are_there = std::all_of(state.incidents.begin(), state.incidents.end(), [&](const auto& open) {
    return open.second < state.history.incidents.size();
  });
  return from.at_end() && incidents_are_there;
}

bool DoraHistoryReader::take_parts(const std::vector<std::string>& parts) {
  if (parts.empty()) return false;
  State state;
  state.history.environment = state_.history.environment;
  size_t expected = 0;
  if (!take_working_part(parts.front(), state, expected)) return false;
  if ((expected + kPart - 1) / kPart != parts.size() - 1) return false;
  std::vector<DoraDeployment>& all = state.history.deployments;
  all.reserve(expected);
  for (auto part = parts.begin() + 1; part != parts.end(); ++part) {
    BytesReader from(*part);
    for (size_t i = 0; i < kPart && all.size() < expected; ++i) read(from, all.emplace_back());
    if (!from.at_end()) return false;
  }
  state_ = std::move(state);
  seen_commits_ = {state_.live_commits.begin(), state_.live_commits.end()};
  return true;
}

}  // namespace penstock
