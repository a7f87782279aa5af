#include "target_hosts/service_manager.h"

namespace penstock {

std::string doubled_percents(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%') out += '%';
    out += c;
  }
  return out;
}

}  // namespace penstock
