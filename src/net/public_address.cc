#include "net/public_address.h"

#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace penstock::net {
namespace {

struct Block4 {
  uint32_t first;
  int bits;
};
constexpr uint32_t ip(uint32_t a, uint32_t b, uint32_t c, uint32_t d) { return a << 24 | b << 16 | c << 8 | d; }
constexpr Block4 kSpecial4[] = {
    {ip(0, 0, 0, 0), 8},      {ip(10, 0, 0, 0), 8},     {ip(100, 64, 0, 0), 10}, {ip(127, 0, 0, 0), 8},
    {ip(169, 254, 0, 0), 16}, {ip(172, 16, 0, 0), 12},  {ip(192, 0, 0, 0), 24},  {ip(192, 0, 2, 0), 24},
    {ip(192, 88, 99, 0), 24}, {ip(192, 168, 0, 0), 16}, {ip(198, 18, 0, 0), 15}, {ip(198, 51, 100, 0), 24},
    {ip(203, 0, 113, 0), 24}, {ip(224, 0, 0, 0), 4},    {ip(240, 0, 0, 0), 4},
};

bool is_public4(uint32_t address) {
  for (const auto& [first, bits] : kSpecial4) {
    if ((address ^ first) >> (32 - bits) == 0) return false;
  }
  return true;
}

uint32_t ip_at(const uint8_t* bytes) { return ip(bytes[0], bytes[1], bytes[2], bytes[3]); }

/// Global unicast is 2000::/3; of that, what carries or stands for something else is left out.
bool is_public6(const in6_addr& address) {
  const uint8_t* bytes = address.s6_addr;
  static constexpr std::array<uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  static constexpr std::array<uint8_t, 12> kTranslated{0, 0x64, 0xff, 0x9b};
  if (std::memcmp(bytes, kMapped.data(), 12) == 0 || std::memcmp(bytes, kTranslated.data(), 12) == 0) {
    return is_public4(ip_at(bytes + 12));
  }
  if ((bytes[0] & 0xe0) != 0x20) return false;
  const unsigned first = bytes[0] << 8U | bytes[1];
  const unsigned second = bytes[2] << 8U | bytes[3];
  if (first == 0x2002) return is_public4(ip_at(bytes + 2));                    // 6to4
  if (first == 0x2001 && (second < 0x0200 || second == 0x0db8)) return false;  // Teredo and other protocols; examples
  return !(first == 0x3fff && second < 0x1000);                                // examples
}

}  // namespace

bool is_public(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, address, sizeof four);
    return is_public4(ntohl(four.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 six{};
    std::memcpy(&six, address, sizeof six);
    return is_public6(six.sin6_addr);
  }
  return false;
}

}  // namespace penstock::net
