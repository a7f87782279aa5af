#include "os/errors.h"

#include <cerrno>
#include <cstring>

namespace penstock::os {
namespace {

const char* help_for(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
      return "free some space there (`ci clean` drops what Penstock can make again)";
    case EACCES:
    case EPERM:
      return "check who owns it and its mode";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (`ulimit -n`)";
    case EROFS:
      return "that file system is mounted read-only";
    default:
      return "";
  }
}

}  // namespace

Error system_error(std::string_view what, int number) {
  char buffer[256];
  // The GNU form returns the text, which need not be in the buffer; unlike strerror it is safe between threads.
  const char* words = ::strerror_r(number, buffer, sizeof buffer);
  return Error{Fault::machine, std::string(what) + ": " + words, help_for(number)};
}

}  // namespace penstock::os
