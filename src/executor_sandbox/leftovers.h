#pragma once

#include <string>
#include <vector>

namespace penstock::sandbox {

/// How a room's first process reaches the others in its room: through its PID namespace, or by their descent from it
/// (it is their subreaper).
enum class Reach { pid_namespace, descent };

/// Command lines of all processes that descend from this one and still run, oldest first. Long ones are cut.
std::vector<std::string> descendant_commands();

/// Sends a signal to all of them.
void signal_all(Reach reach, int signal);

/// Ends all of them and reaps them.
void end_all(Reach reach);

/// Whether this process has any child left (reaping those that have ended).
bool has_children();

}  // namespace penstock::sandbox
