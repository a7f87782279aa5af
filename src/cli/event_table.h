#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/time.h"
#include "cli/style.h"
#include "intake/circumstances.h"

namespace penstock {

struct Compiled;
struct Job;

/// Which jobs run on which event and how: `ci plan --matrix-of-events`.
struct EventTable {
  struct Column {
    std::string head;       ///< Short: `main`, `merge request`, `tag`.
    std::string event;      ///< In words: `merge request of feature into main`.
    bool pipeline = false;  ///< There is one.
    bool mistakes = false;  ///< It can't be compiled for this event.
    std::string why;        ///< Where there is none: what the workflow says.
    Circumstances circumstances;
    /// Heads of further events on which all is as here.
    std::vector<std::string> same;
  };
  struct Cell {
    enum class How { out, runs, on_failure, always, manual, delayed };
    How how = How::out;
    bool may_fail = false;  ///< Of a manual job: it holds nothing up.
    Duration delay{};
    std::string why;

    /// As it is shown; why a job is out may differ.
    friend bool operator==(const Cell& a, const Cell& b) {
      return a.how == b.how && a.may_fail == b.may_fail && a.delay == b.delay;
    }
  };
  struct Row {
    std::string name;
    std::string stage;
    int instances = 1;  ///< Of a parallel job whose instances all run alike.
    std::vector<Cell> cells;
  };

  std::vector<Column> columns;
  std::vector<Row> rows;  ///< By stage. Jobs that are in none of the pipelines come last.
};

/// Of one Compiled for each of `heads`, in the same order. The columns after the `shown` first are left out where an
/// earlier one is the same, which then names them.
EventTable event_table(const std::vector<std::string>& heads, const std::vector<Compiled>& compiled, size_t shown);

/// Leaves out columns after the `shown` first that are as an earlier one, which then names them.
void leave_out_same(EventTable& table, size_t shown);

/// For a person; `width` 0: as wide as it needs.
std::string render(const EventTable& table, const Style& style, size_t width);
std::string to_json(const EventTable& table);

}  // namespace penstock
