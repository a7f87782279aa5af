#include "executor_sandbox/room_plan.h"

#include "executor_sandbox/wire.h"

namespace penstock::sandbox {

std::string encode(const RoomPlan& plan) {
  PayloadWriter writer;
  writer.text(plan.project);
  writer.text(plan.shown);
  writer.texts(plan.lower);
  writer.number(static_cast<int64_t>(plan.binds.size()));
  for (const Bind& bind : plan.binds) {
    writer.text(bind.source);
    writer.text(bind.target);
    writer.number(bind.read_only ? 1 : 0);
  }
  writer.text(plan.copies);
  writer.texts(plan.hidden);
  writer.number(plan.network ? 1 : 0);
  writer.text(plan.kept_temporary);
  writer.text(plan.job_temporary);
  return writer.take();
}

RoomPlan decode_room_plan(std::string_view payload) {
  PayloadReader reader(payload);
  RoomPlan plan;
  plan.project = reader.text();
  plan.shown = reader.text();
  plan.lower = reader.texts();
  for (int64_t left = reader.number(); left > 0; --left) {
    Bind bind;
    bind.source = reader.text();
    bind.target = reader.text();
    bind.read_only = reader.number() != 0;
    plan.binds.push_back(std::move(bind));
  }
  plan.copies = reader.text();
  plan.hidden = reader.texts();
  plan.network = reader.number() != 0;
  plan.kept_temporary = reader.text();
  plan.job_temporary = reader.text();
  return plan;
}

std::string encode(const ShellOrder& order) {
  PayloadWriter writer;
  writer.text(order.program);
  writer.texts(order.arguments);
  writer.texts(order.environment);
  writer.text(order.directory);
  writer.text(order.terminal);
  return writer.take();
}

ShellOrder decode_shell_order(std::string_view payload) {
  PayloadReader reader(payload);
  ShellOrder order;
  order.program = reader.text();
  order.arguments = reader.texts();
  order.environment = reader.texts();
  order.directory = reader.text();
  order.terminal = reader.text();
  return order;
}

std::string encode(const ShellReport& report) {
  PayloadWriter writer;
  writer.number(report.wait_status);
  writer.number(report.peak_memory);
  writer.number(report.cpu_milliseconds);
  writer.texts(report.killed);
  return writer.take();
}

ShellReport decode_shell_report(std::string_view payload) {
  PayloadReader reader(payload);
  ShellReport report;
  report.wait_status = static_cast<int>(reader.number());
  report.peak_memory = reader.number();
  report.cpu_milliseconds = reader.number();
  report.killed = reader.texts();
  return report;
}

}  // namespace penstock::sandbox
