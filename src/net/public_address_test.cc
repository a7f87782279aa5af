#include "net/public_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>

namespace penstock::net {
namespace {

bool text_is_public(const std::string& text) {
  sockaddr_in four{};
  four.sin_family = AF_INET;
  if (::inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) return is_public(reinterpret_cast<sockaddr*>(&four));
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  EXPECT_EQ(::inet_pton(AF_INET6, text.c_str(), &six.sin6_addr), 1) << text;
  return is_public(reinterpret_cast<sockaddr*>(&six));
}

TEST(PublicAddress, IsNeitherThisMachinesNorANetworksOwn) {
  for (const char* text : {"127.0.0.1",
                           "127.9.9.9",
                           "0.0.0.0",
                           "10.0.0.1",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.1.1",
                           "169.254.169.254",
                           "100.64.0.1",
                           "224.0.0.1",
                           "255.255.255.255",
                           "198.18.0.1",
                           "::",
                           "::1",
                           "fe80::1",
                           "fd00::1",
                           "ff02::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.1.2.3",
                           "64:ff9b::7f00:1",
                           "2002:7f00:1::",
                           "2002:a00:1::",
                           "2001:db8::1",
                           "2001::1"}) {
    EXPECT_FALSE(text_is_public(text)) << text;
  }
  for (const char* text :
       {"1.1.1.1", "172.15.0.1", "172.32.0.1", "100.128.0.1", "192.167.255.255", "223.255.255.255", "2606:4700::1111",
        "2001:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"}) {
    EXPECT_TRUE(text_is_public(text)) << text;
  }
}

}  // namespace
}  // namespace penstock::net
