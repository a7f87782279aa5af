#include "cli/output.h"

#include "cli/exit_status.h"
#include "os/files.h"
#include "os/terminal.h"

namespace penstock {

void Output::write(std::string_view text) const { (void)os::write_all(fd, text).ok(); }

size_t Output::width() const {
  if (!is_terminal) return 0;
  const auto size = os::terminal_size(fd);
  return size && size->columns > 0 ? static_cast<size_t>(size->columns) : 80;
}

size_t Output::height() const {
  const auto size = os::terminal_size(fd);
  return size && size->rows > 0 ? static_cast<size_t>(size->rows) : 24;
}

void Outputs::error(const Error& error) const {
  std::string text = err.style.red("error:") + " " + error.message + "\n";
  if (error.fault == Fault::internal) text += "  this is a bug in Penstock: please report it with what you did\n";
  if (!error.help.empty()) text += "  " + err.style.dim("help:") + " " + error.help + "\n";
  err.write(text);
}

void Outputs::warning(std::string_view text) const {
  err.write(err.style.yellow("warning:") + " " + std::string(text) + "\n");
}

void Outputs::hint(std::string_view text) const { err.write(err.style.dim(text) + "\n"); }

int exit_status_of(const Error& error) {
  switch (error.fault) {
    case Fault::user:
      return kMistake;
    case Fault::job:
      return kFailed;
    default:
      return kMachine;
  }
}

}  // namespace penstock
