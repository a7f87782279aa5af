#include "hosts/environment_folder.h"

#include <algorithm>

#include "base/digest.h"

namespace penstock {

const char* const kEnvironmentFolder = R"sh(environment_folder() {
  case $1 in
    '') if [ "$(id -u)" = 0 ]; then folder=/var/lib/penstock/$2
        else folder=${XDG_STATE_HOME:-$HOME/.local/state}/penstock/$2; fi ;;
    '~/'*) folder=$HOME/${1#??} ;;
    *) folder=$1 ;;
  esac
}
)sh";

std::string folder_name(std::string_view environment) {
  auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  };
  std::string name(environment);
  std::replace_if(
      name.begin(), name.end(), [&](char c) { return !plain(c) && c != '-'; }, '-');
  if (name == environment && !name.empty() && name.front() != '.') return name;
  return "e" + name + "-" + to_hex(sha256(environment)).substr(0, 8);
}

}  // namespace penstock
