#include "hosts/host_shell.h"

namespace penstock {

Result<std::string> HostShell::must(std::string_view what, const HostScript& script) {
  PENSTOCK_TRY(os::RunResult done, run(script));
  return outcome(what, std::move(done));
}

Result<std::string> HostShell::outcome(std::string_view what, os::RunResult done) {
  if (done.status.ok()) return std::move(done.output);
  std::string why = last_line(done.errors);
  if (why.empty()) why = os::to_words(done.status);
  return Error{Fault::machine, host() + ": " + std::string(what) + ": " + why, ""};
}

Result<> HostShell::follow(const HostScript& script, std::stop_token stop,
                           const std::function<bool(std::string_view)>& line) {
  std::stop_source enough;
  const std::stop_callback on_stop(stop, [&] { enough.request_stop(); });
  std::string pending;
  PENSTOCK_CHECK(attend(script, enough.get_token(), [&](std::string_view piece, bool on_errors) {
    if (on_errors || enough.stop_requested()) return;
    pending += piece;
    size_t from = 0;
    for (size_t end = 0; (end = pending.find('\n', from)) != std::string::npos; from = end + 1) {
      if (!line(std::string_view(pending).substr(from, end - from))) return (void)enough.request_stop();
    }
    pending.erase(0, from);
  }));
  if (!pending.empty() && !enough.stop_requested()) line(pending);
  return success();
}

std::string last_line(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t last = text.find_last_not_of(kBlank);
  if (last == std::string_view::npos) return {};
  text = text.substr(0, last + 1);
  const size_t line = text.find_last_of("\r\n");
  return std::string(line == std::string_view::npos ? text : text.substr(line + 1));
}

}  // namespace penstock
