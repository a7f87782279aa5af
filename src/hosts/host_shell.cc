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

std::string last_line(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t last = text.find_last_not_of(kBlank);
  if (last == std::string_view::npos) return {};
  text = text.substr(0, last + 1);
  const size_t line = text.find_last_of("\r\n");
  return std::string(line == std::string_view::npos ? text : text.substr(line + 1));
}

}  // namespace penstock
