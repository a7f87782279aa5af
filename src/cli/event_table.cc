#include "cli/event_table.h"

#include <algorithm>
#include <map>
#include <set>

#include "intake/intake.h"

namespace penstock {
namespace {

using Cell = EventTable::Cell;
using Column = EventTable::Column;
using Row = EventTable::Row;

Cell cell_of(const Job& job) {
  Cell cell;
  cell.how = job.condition == Condition::on_failure ? Cell::How::on_failure
             : job.condition == Condition::always   ? Cell::How::always
                                                    : Cell::How::runs;
  if (job.gate.kind == Gate::Kind::manual) cell.how = Cell::How::manual;
  if (job.gate.kind == Gate::Kind::delayed) {
    cell.how = Cell::How::delayed;
    cell.delay = job.gate.delay;
  }
  cell.may_fail = job.allow_failure.always;
  cell.why = job.decision->summary;
  return cell;
}

/// All jobs of all events, each once, with what becomes of it on each.
class Builder {
 public:
  Builder(const std::vector<Compiled>& compiled) : compiled_(compiled) {
    for (size_t event = 0; event < compiled.size(); ++event) {
      const std::optional<Plan>& plan = compiled[event].plan;
      if (!plan) continue;
      add_stages(plan->stages);
      for (const Job& job : plan->jobs) {
        Entry& entry = entry_of(job.name, job.stage, job.location);
        entry.group = job.group;
        entry.in_any = true;
        entry.row.cells[event] = cell_of(job);
      }
      for (const LeftOutJob& job : plan->left_out) {
        Entry& entry = entry_of(job.name, job.stage, job.location);
        entry.group = job.group;
        entry.row.cells[event].why = job.decision->summary;
      }
    }
  }

  std::vector<Row> rows() {
    std::vector<Row> all;
    for (const std::string& stage : stages_) {
      for (Entry* entry : order_) {
        if (entry->in_any && entry->row.stage == stage) take(*entry, all);
      }
    }
    for (Entry* entry : order_) {
      if (!entry->in_any) take(*entry, all);
    }
    return all;
  }

 private:
  struct Entry {
    Row row;
    std::string group;
    SourceLocation location;
    bool in_any = false;
    bool taken = false;
  };

  /// A stage that only some events have stands where those have it.
  void add_stages(const std::vector<std::string>& stages) {
    auto after = stages_.begin();
    for (const std::string& stage : stages) {
      auto known = std::find(stages_.begin(), stages_.end(), stage);
      if (known == stages_.end()) known = stages_.insert(after, stage);
      after = known + 1;
    }
  }

  Entry& entry_of(const std::string& name, const std::string& stage, const SourceLocation& location) {
    auto [known, added] = entries_.try_emplace(name);
    Entry& entry = known->second;
    if (!added) return entry;
    entry.row = {name, stage, 1, std::vector<Cell>(compiled_.size())};
    entry.location = location;
    order_.push_back(&entry);
    by_place_[place(location)].push_back(&entry);
    return entry;
  }

  static std::string place(const SourceLocation& location) {
    return location.file + ":" + std::to_string(location.line) + ":" + std::to_string(location.column);
  }

  /// Instances of one job make one row where nothing tells them apart.
  void take(Entry& entry, std::vector<Row>& all) {
    if (entry.taken) return;
    const std::vector<Entry*>& instances = by_place_.at(place(entry.location));
    const bool alike = std::all_of(instances.begin(), instances.end(),
                                   [&](const Entry* other) { return other->row.cells == entry.row.cells; });
    entry.taken = true;
    if (!alike || instances.size() == 1) return all.push_back(std::move(entry.row));
    for (Entry* instance : instances) instance->taken = true;
    entry.row.instances = static_cast<int>(instances.size());
    entry.row.name = entry.group;
    all.push_back(std::move(entry.row));
  }

  const std::vector<Compiled>& compiled_;
  std::map<std::string, Entry> entries_;
  std::vector<Entry*> order_;
  std::map<std::string, std::vector<Entry*>> by_place_;
  std::vector<std::string> stages_;
};

bool same(const EventTable& table, size_t one, size_t other) {
  const Column& a = table.columns[one];
  const Column& b = table.columns[other];
  if (a.pipeline != b.pipeline || a.mistakes != b.mistakes) return false;
  return std::all_of(table.rows.begin(), table.rows.end(),
                     [&](const Row& row) { return row.cells[one] == row.cells[other]; });
}

}  // namespace

void leave_out_same(EventTable& table, size_t shown) {
  for (size_t i = table.columns.size(); i-- > shown;) {
    size_t like = 0;
    for (size_t j = i; j-- > 0;) {
      if (same(table, i, j)) {
        like = j;
        break;
      }
      if (j == 0) like = i;
    }
    if (like == i) continue;
    std::vector<std::string>& names = table.columns[like].same;
    names.insert(names.begin(), table.columns[i].same.begin(), table.columns[i].same.end());
    names.insert(names.begin(), table.columns[i].head);
    table.columns.erase(table.columns.begin() + static_cast<std::ptrdiff_t>(i));
    for (Row& row : table.rows) row.cells.erase(row.cells.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

EventTable event_table(const std::vector<std::string>& heads, const std::vector<Compiled>& compiled, size_t shown) {
  EventTable table;
  for (size_t i = 0; i < heads.size(); ++i) {
    Column& column = table.columns.emplace_back();
    column.head = heads[i];
    column.event = in_words(compiled[i].circumstances);
    column.pipeline = compiled[i].plan && !compiled[i].plan->jobs.empty();
    column.mistakes = has_errors(compiled[i].diagnostics);
    column.circumstances = compiled[i].circumstances;
    if (!column.pipeline && !column.mistakes)
      column.why = compiled[i].plan ? "no job is left" : compiled[i].workflow.summary;
  }
  table.rows = Builder(compiled).rows();
  leave_out_same(table, shown);
  return table;
}

}  // namespace penstock
