#include <algorithm>

#include "base/json_writer.h"
#include "base/text_width.h"
#include "cli/event_table.h"
#include "cli/line_text.h"
#include "cli/table.h"

namespace penstock {
namespace {

using Cell = EventTable::Cell;
using Column = EventTable::Column;
using How = EventTable::Cell::How;
using Row = EventTable::Row;

constexpr std::string_view kNowhere = "on none of these events";

/// `30m` rather than `30m00s`.
std::string round_words(Duration delay) {
  std::string words = to_words(delay);
  for (const std::string_view nothing : {"00s", "00m"}) {
    if (words.size() > nothing.size() && words.ends_with(nothing)) words.resize(words.size() - nothing.size());
  }
  return words;
}

Table::Cell shown(const Cell& cell, const Column& column) {
  const std::string may_fail = cell.may_fail ? "may fail" : "";
  switch (cell.how) {
    case How::out:
      return column.mistakes ? Table::Cell(Mark::failed, "") : Table::Cell(Mark::skipped, "");
    case How::runs:
      return {Mark::passed, may_fail};
    case How::on_failure:
      return {Mark::passed, "if failed"};
    case How::always:
      return {Mark::passed, "always"};
    case How::manual:
      return {Mark::person, cell.may_fail ? "optional" : "manual"};
    case How::delayed:
      return {Mark::waiting, "in " + round_words(cell.delay)};
  }
  return {""};
}

std::string name_of(const Row& row) {
  return row.instances == 1 ? row.name : row.name + " (" + std::to_string(row.instances) + ")";
}

bool in_any(const Row& row) {
  return std::any_of(row.cells.begin(), row.cells.end(), [](const Cell& cell) { return cell.how != How::out; });
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  return text;
}

/// Without what the note says already.
std::string reason(const Column& column) {
  const size_t known = column.why.rfind(", so there is no pipeline");
  return printable(column.why.substr(0, known));
}

/// What the columns can't hold: which events are the same, and where there is no pipeline.
std::string notes(const EventTable& table, const Style& style) {
  std::vector<std::pair<std::string, std::vector<std::string>>> told;  // a sentence, and the events that it is of
  const auto tell = [&](const std::string& sentence, const std::string& head) {
    const auto known = std::find_if(told.begin(), told.end(), [&](const auto& one) { return one.first == sentence; });
    known == told.end() ? told.push_back({sentence, {head}}) : known->second.push_back(head);
  };
  for (const Column& column : table.columns) {
    if (column.mistakes) tell("mistakes, told above", column.head);
    if (!column.pipeline && !column.mistakes) tell("no pipeline, " + reason(column), column.head);
    for (const std::string& same : column.same) tell("as " + column.head, same);
  }
  std::string text;
  for (const auto& [sentence, heads] : told) text += listed(heads) + ": " + sentence + "\n";
  return text.empty() ? text : style.dim(text);
}

std::string_view word_of(How how) {
  switch (how) {
    case How::out:
      return "never";
    case How::runs:
      return "on_success";
    case How::on_failure:
      return "on_failure";
    case How::always:
      return "always";
    case How::manual:
      return "manual";
    case How::delayed:
      return "delayed";
  }
  return {};
}

void write_events(JsonWriter& json, const EventTable& table) {
  json.key("events").begin_array();
  for (const Column& column : table.columns) {
    json.begin_object().member("name", column.head).member("source", column.circumstances.event);
    json.optional("branch", column.circumstances.branch).optional("tag", column.circumstances.tag);
    json.optional("target_branch", column.circumstances.target_branch);
    json.member("pipeline", column.pipeline).member("mistakes", column.mistakes).optional("why", column.why);
    json.end_object();
  }
  json.end_array();
}

Table lines_of(const EventTable& table) {
  std::vector<Table::Column> columns{{"JOB", false, true, 24}};
  for (const Column& column : table.columns) columns.push_back({printable(column.head), false, true});
  Table lines(columns);
  std::string stage;
  for (const Row& row : table.rows) {
    if (!in_any(row)) break;
    if (row.stage != stage) {
      stage = row.stage;
      lines.add({stage});
    }
    std::vector<Table::Cell> cells{"  " + name_of(row)};
    for (size_t i = 0; i < row.cells.size(); ++i) cells.push_back(shown(row.cells[i], table.columns[i]));
    lines.add(std::move(cells));
  }
  return lines;
}

std::vector<std::string> names_of_nowhere(const EventTable& table) {
  std::vector<std::string> names;
  for (const Row& row : table.rows) {
    if (!in_any(row)) names.push_back(printable(name_of(row)));
  }
  return names;
}

}  // namespace

std::string render(const EventTable& full, const Style& style, size_t width) {
  EventTable table = full;
  Table lines = lines_of(table);
  if (width != 0 && lines.natural_width(style) > width) {
    leave_out_same(table, 1);
    lines = lines_of(table);
  }
  const std::vector<std::string> nowhere = names_of_nowhere(table);
  std::string text = lines.empty() ? std::string() : lines.render(style, width);
  text += notes(table, style);
  if (!nowhere.empty()) text += std::string(kNowhere) + "\n" + listed_lines(nowhere, width);
  return text;
}

std::string to_json(const EventTable& table) {
  std::string text;
  JsonWriter json(text, 2);
  json.begin_object();
  write_events(json, table);
  json.key("jobs").begin_array();
  for (const Row& row : table.rows) {
    json.begin_object().member("name", row.name).member("stage", row.stage);
    if (row.instances > 1) json.member("instances", row.instances);
    json.key("on").begin_array();
    for (const Cell& cell : row.cells) {
      json.begin_object().member("when", word_of(cell.how)).optional("allow_failure", cell.may_fail);
      if (cell.how == How::delayed) json.member("start_in", cell.delay);
      json.optional("why", cell.why).end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return text + "\n";
}

}  // namespace penstock
