#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <string>
#include <vector>

namespace penstock::sandbox {

/// What the processes that were reaped have used.
struct Consumption {
  int64_t peak_memory = 0;  ///< Bytes, of the largest.
  int64_t cpu_microseconds = 0;
  void add(const rusage& used);
};

/// How a room's first process reaches the others in its room: through its PID namespace, or by their descent from it
/// (it is their subreaper).
enum class Reach { pid_namespace, descent };

/// Command lines of all processes that descend from this one and still run, oldest first. Long ones are cut.
std::vector<std::string> descendant_commands();

/// Sends a signal to all of them.
void signal_all(Reach reach, int signal);

/// Ends all of them and reaps them.
void end_all(Reach reach, Consumption& used);

/// Whether this process has any child left (reaping those that have ended).
bool has_children(Consumption& used);

}  // namespace penstock::sandbox
