#include "target_hosts/server_state.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

constexpr const char* kStates =
    "1\n"
    "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time srv_port\n"
    "3 app 1 a 10.0.0.1 2 4 200 1 7 8101\n"
    "3 app 2 b 10.0.0.2 0 5 1 1 8 8102\n"
    "3 app 3 sorry 127.0.0.1 2 0 1 1 8 9000\n"
    "\n";

TEST(ServerStates, SayWhichServerLeadsWhere) {
  EXPECT_EQ(parse_server_states(kStates),
            (std::vector<ServerState>{{"a", "10.0.0.1", 8101}, {"b", "10.0.0.2", 8102}, {"sorry", "127.0.0.1", 9000}}));
  EXPECT_TRUE(parse_server_states("Can't find backend.\n\n").empty());
  EXPECT_TRUE(parse_server_states("#\n1 2 3\n").empty());
}

TEST(ServerStates, ChangeForThoseNamedAlone) {
  EXPECT_EQ(with_weights(kStates, {{"a", 0}, {"b", 17}, {"gone", 5}}),
            "1\n"
            "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time "
            "srv_port\n"
            "3 app 1 a 10.0.0.1 0 5 200 1 7 8101\n"
            "3 app 2 b 10.0.0.2 2 4 17 1 8 8102\n"
            "3 app 3 sorry 127.0.0.1 2 0 1 1 8 9000\n"
            "\n");
  EXPECT_EQ(with_weights(kStates, {}), kStates);
}

}  // namespace
}  // namespace penstock
