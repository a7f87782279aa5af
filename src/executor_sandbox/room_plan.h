#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "executor_sandbox/wire.h"

namespace penstock::sandbox {

/// A folder of the machine that is shown at a place of the room. Its source is found before the project is covered.
struct Bind {
  std::string source;
  std::string target;
  bool read_only = false;

  friend bool operator==(const Bind&, const Bind&) = default;
};

/// How a room is furnished: what `ci` tells its zygote. Rooms of equal plans are interchangeable until one is used.
struct RoomPlan {
  std::string project;  ///< Real path of the repository: the overlay is mounted there.
  std::string shown;    ///< The same folder by the name that the user gave it, which may hold symbolic links.
  std::vector<std::string> lower;  ///< Read-only layers, the topmost first.
  std::vector<Bind> binds;
  std::string copies;               ///< Where copies lie on the lowest rung, absolute.
  std::vector<std::string> caches;  ///< The layers among `lower` that caches lie in, by their ids.
  std::vector<std::string> hidden;  ///< Folders that look empty inside: other jobs' rooms and the shared layers.
  bool network = true;
  std::string kept_temporary;  ///< What TMPDIR starts with: a folder that was kept; else empty.
  std::string job_temporary;   ///< Where TMPDIR lies then, unless somebody else is there.
};

void fields(auto& archive, Is<Bind> auto& bind) { archive(bind.source, bind.target, bind.read_only); }
void fields(auto& archive, Is<RoomPlan> auto& plan) {
  archive(plan.project, plan.shown, plan.lower, plan.binds, plan.copies, plan.caches, plan.hidden, plan.network,
          plan.kept_temporary, plan.job_temporary);
}

/// One shell to start in a room.
struct ShellOrder {
  std::string program;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  std::string directory;
  std::string terminal;  ///< A terminal's path, which becomes the shell's own; else it writes to a descriptor.
};

void fields(auto& archive, Is<ShellOrder> auto& order) {
  archive(order.program, order.arguments, order.environment, order.directory, order.terminal);
}

/// How it ended, and what all processes of the room have used since it was opened.
struct ShellReport {
  int wait_status = 0;
  int64_t peak_memory = 0;  ///< Bytes.
  int64_t cpu_milliseconds = 0;
  std::vector<std::string> killed;
};

void fields(auto& archive, Is<ShellReport> auto& report) {
  archive(report.wait_status, report.peak_memory, report.cpu_milliseconds, report.killed);
}

}  // namespace penstock::sandbox
