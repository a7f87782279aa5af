#include "dora/report.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <map>

namespace penstock {
namespace {

using Kind = DoraDeployment::Kind;
using std::chrono::days;

constexpr std::array<std::pair<DoraDefinition, std::string_view>, 3> kNames = {{
    {DoraDefinition::gitlab, "gitlab"},
    {DoraDefinition::fourkeys, "fourkeys"},
    {DoraDefinition::dora2026, "dora2026"},
}};

double seconds(Duration duration) { return static_cast<double>(duration.count()) / 1000; }

/// The mean of the middle two where their number is even. Reorders.
std::optional<double> median(std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

DoraFigure median_of(std::vector<double>& values) { return {median(values), static_cast<int64_t>(values.size()), ""}; }

DoraFigure share_of(int64_t hits, int64_t all) {
  if (all == 0) return {};
  return {static_cast<double>(hits) / static_cast<double>(all), all, ""};
}

/// What the definitions are computed from, gathered in one pass.
struct Gathered {
  std::vector<Instant> live;  ///< Of the deployments that count.
  std::vector<double> commit_times;
  std::vector<double> release_times;
  std::vector<double> open_times;      ///< Of closed incidents.
  std::vector<double> failure_times;   ///< From the deployment to the end of its failure; of each incident.
  std::vector<double> recovery_times;  ///< From when it showed (the incident, else the deployment).
  int64_t failed = 0;                  ///< Deployments that failed.
  int64_t failures = 0;                ///< Incidents, and failed deployments that no incident tells of.
  int64_t rework = 0;
};

class Gatherer {
 public:
  Gatherer(DoraReport& report, Gathered& gathered) : report_(report), gathered_(gathered) {}

  void add(const DoraHistory& history) {
    link_incidents(history);
    bool previous_failed = false;
    size_t incident = 0;
    Instant open_until = Instant::min();
    for (size_t i = 0; i < history.deployments.size(); ++i) {
      const DoraDeployment& deployment = history.deployments[i];
      for (; incident < history.incidents.size() && history.incidents[incident].opened_at <= deployment.began_at;
           ++incident)
        open_until = std::max(open_until, history.incidents[incident].closed_at.value_or(Instant::max()));
      const bool repairs = previous_failed || deployment.began_at < open_until;
      if (is_change(deployment)) previous_failed = deployment.failed;
      if (is_within(deployment.live_at)) add(deployment, first_incident_[i], repairs);
    }
    for (size_t i = 0; i < history.incidents.size(); ++i)
      add(history.incidents[i], changes_[i] ? &history.deployments[*changes_[i]] : nullptr);
    report_.never_live +=
        std::count_if(history.never_live.begin(), history.never_live.end(), [&](Instant at) { return is_within(at); });
  }

 private:
  [[nodiscard]] bool is_within(Instant at) const { return at >= report_.from && at < report_.to; }

  static bool is_change(const DoraDeployment& deployment) {
    return deployment.kind == Kind::release || deployment.kind == Kind::configuration;
  }

  /// Each incident is laid at the door of the change that was live when it was opened.
  void link_incidents(const DoraHistory& history) {
    first_incident_.assign(history.deployments.size(), nullptr);
    changes_.assign(history.incidents.size(), std::nullopt);
    size_t next = 0;
    std::optional<size_t> change;
    for (size_t i = 0; i < history.incidents.size(); ++i) {
      const DoraIncident& incident = history.incidents[i];
      if (incident.opened_at >= report_.to) break;
      for (; next < history.deployments.size() && history.deployments[next].live_at <= incident.opened_at; ++next) {
        if (is_change(history.deployments[next])) change = next;
      }
      changes_[i] = change;
      if (change && first_incident_[*change] == nullptr) first_incident_[*change] = &incident;
    }
  }

  void count_kind(Kind kind) {
    report_.releases += kind == Kind::release ? 1 : 0;
    report_.configurations += kind == Kind::configuration ? 1 : 0;
    report_.redeploys += kind == Kind::redeploy ? 1 : 0;
    report_.rollbacks += kind == Kind::rollback ? 1 : 0;
  }

  void add(const DoraDeployment& deployment, const DoraIncident* incident, bool repairs) {
    count_kind(deployment.kind);
    const bool counts_all = report_.definition != DoraDefinition::dora2026;
    if (!counts_all && !is_change(deployment)) return;
    gathered_.live.push_back(deployment.live_at);
    if (!deployment.commits.empty())
      gathered_.release_times.push_back(seconds(deployment.live_at - deployment.commits.back()));
    for (const Instant commit : deployment.commits) {
      const double took = seconds(deployment.live_at - commit);
      if (took > 0) gathered_.commit_times.push_back(took);
    }
    if (!is_change(deployment)) return;
    if (repairs) ++gathered_.rework;
    if (deployment.failed || incident != nullptr) ++gathered_.failed;
    if (deployment.failed && incident == nullptr) ++gathered_.failures;
    add_recovery(deployment, incident);
  }

  /// A failure is over when the environment was taken back, or when its incident was closed, whichever came first.
  void add_recovery(const DoraDeployment& deployment, const DoraIncident* incident) {
    std::optional<Instant> over = deployment.failed ? deployment.recovered_at : std::nullopt;
    if (incident != nullptr && incident->closed_at && (!over || *incident->closed_at < *over))
      over = incident->closed_at;
    if (!over) return;
    if (incident == nullptr) gathered_.failure_times.push_back(seconds(*over - deployment.live_at));
    const Instant showed = incident != nullptr ? std::min(incident->opened_at, *over) : deployment.live_at;
    gathered_.recovery_times.push_back(seconds(*over - showed));
  }

  /// `change`: at whose door it is laid; null: it is older than all of them.
  void add(const DoraIncident& incident, const DoraDeployment* change) {
    if (!is_within(incident.opened_at)) return;
    ++report_.incidents;
    ++gathered_.failures;
    if (incident.closed_at) gathered_.open_times.push_back(seconds(*incident.closed_at - incident.opened_at));
    std::optional<Instant> over = incident.closed_at;
    const bool taken_back = change != nullptr && change->recovered_at && *change->recovered_at >= incident.opened_at;
    if (taken_back && (!over || *change->recovered_at < *over)) over = change->recovered_at;
    const Instant since = change != nullptr ? std::min(change->live_at, incident.opened_at) : incident.opened_at;
    if (over) gathered_.failure_times.push_back(seconds(*over - since));
  }

  DoraReport& report_;
  Gathered& gathered_;
  std::vector<const DoraIncident*> first_incident_;  ///< By deployment.
  std::vector<std::optional<size_t>> changes_;       ///< By incident: the deployment at whose door it is laid.
};

/// Counts by period, periods without any too.
template <class Period>
std::vector<double> counts_by(const std::vector<Instant>& times, Instant from, Instant to, const Period& period_of) {
  std::map<int64_t, double> counts;
  for (Instant at = from; at < to; at += days(1)) counts[period_of(at)];
  for (const Instant at : times) counts[period_of(at)] += 1;
  std::vector<double> values;
  for (const auto& [period, count] : counts) values.push_back(count);
  return values;
}

int64_t day_of(Instant at) { return std::chrono::floor<days>(at).time_since_epoch().count(); }
int64_t week_of(Instant at) { return (day_of(at) + 4) / 7; }  // weeks from Sunday, as BigQuery has them
int64_t month_of(Instant at) {
  const std::chrono::year_month_day date(std::chrono::floor<days>(at));
  return int64_t{static_cast<int>(date.year())} * 12 + static_cast<unsigned>(date.month());
}

std::string frequency_class(const std::vector<Instant>& live, Instant from, Instant to) {
  std::vector<Instant> one_a_day;
  for (const Instant at : live) one_a_day.emplace_back(std::chrono::floor<days>(at));
  std::sort(one_a_day.begin(), one_a_day.end());
  one_a_day.erase(std::unique(one_a_day.begin(), one_a_day.end()), one_a_day.end());
  auto days_a_week = counts_by(one_a_day, from, to, week_of);
  const double usual = median(days_a_week).value_or(0);
  if (usual >= 3) return "Daily";
  if (usual >= 1) return "Weekly";
  auto a_month = counts_by(live, from, to, month_of);
  return median(a_month).value_or(0) >= 1 ? "Monthly" : "Yearly";
}

std::string time_class(const DoraFigure& figure) {
  if (!figure.value) return "";
  const double hours = *figure.value / 3600;
  if (hours < 24) return "One day";
  if (hours < 168) return "One week";
  if (hours < 730) return "One month";
  return hours < 730 * 6 ? "Six months" : "One year";
}

std::string rate_class(const DoraFigure& figure) {
  if (!figure.value) return "";
  if (*figure.value <= 0.15) return "0-15%";
  return *figure.value < 0.46 ? "16-45%" : "46-60%";
}

}  // namespace

std::string_view to_string(DoraDefinition definition) {
  for (const auto& [known, name] : kNames) {
    if (known == definition) return name;
  }
  return {};
}

std::optional<DoraDefinition> dora_definition_named(std::string_view name) {
  for (const auto& [definition, known] : kNames) {
    if (known == name) return definition;
  }
  return std::nullopt;
}

DoraReport dora_report(const std::vector<DoraHistory>& histories, DoraDefinition definition, Instant from, Instant to) {
  DoraReport report;
  report.definition = definition;
  report.from = from;
  report.to = std::max(from, to);
  Gathered gathered;
  Gatherer gatherer(report, gathered);
  for (const DoraHistory& history : histories) gatherer.add(history);

  const auto count = static_cast<int64_t>(gathered.live.size());
  const double length = seconds(report.to - from) / 86'400;
  report.deployments_a_day = {length > 0 ? std::optional(static_cast<double>(count) / length) : std::nullopt, count,
                              ""};
  switch (definition) {
    case DoraDefinition::gitlab:
      report.lead_time = median_of(gathered.release_times);
      report.failure_rate = share_of(report.incidents, count);
      report.recovery_time = median_of(gathered.open_times);
      break;
    case DoraDefinition::fourkeys:
      report.deployments_a_day.class_name = frequency_class(gathered.live, from, report.to);
      report.lead_time = median_of(gathered.commit_times);
      report.lead_time.class_name = time_class(report.lead_time);
      report.failure_rate = share_of(gathered.failures, count);
      report.failure_rate.class_name = rate_class(report.failure_rate);
      report.recovery_time = median_of(gathered.failure_times);
      report.recovery_time.class_name = time_class(report.recovery_time);
      break;
    case DoraDefinition::dora2026:
      report.lead_time = median_of(gathered.commit_times);
      report.failure_rate = share_of(gathered.failed, count);
      report.recovery_time = median_of(gathered.recovery_times);
      report.rework_rate = share_of(gathered.rework, count);
      break;
  }
  return report;
}

}  // namespace penstock
