#include "target_hosts/xml_rpc.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(XmlRpc, WritesACallWithItsArguments) {
  EXPECT_EQ(xml_rpc_call("supervisor.stopProcess", {"a<&>b", true}),
            "<?xml version=\"1.0\"?><methodCall><methodName>supervisor.stopProcess</methodName><params>"
            "<param><value><string>a&lt;&amp;&gt;b</string></value></param>"
            "<param><value><boolean>1</boolean></value></param></params></methodCall>");
}

TEST(XmlRpc, ReadsStructsArraysAndScalars) {
  const auto answer = parse_xml_rpc(
      "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><array><data>\n<value><struct>\n<member>\n"
      "<name>name</name>\n<value><string>8101 &amp; &lt;x&gt;</string></value>\n</member>\n<member>\n<name>pid</name>\n"
      "<value><int>12</int></value>\n</member>\n</struct></value>\n<value>bare</value>\n</data></array></value>\n"
      "</param>\n</params>\n</methodResponse>\n");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->fault, 0);
  ASSERT_EQ(answer->value.items.size(), 2u);
  EXPECT_EQ(answer->value.items[0].member("name"), "8101 & <x>");
  EXPECT_EQ(answer->value.items[0].member("pid"), "12");
  EXPECT_EQ(answer->value.items[0].member("none"), "");
  EXPECT_EQ(answer->value.items[1].text, "bare");
}

TEST(XmlRpc, ReadsAFault) {
  const auto answer = parse_xml_rpc(
      "<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>10</int></value></member>"
      "<member><name>faultString</name><value><string>BAD_NAME: x</string></value></member></struct></value></fault>"
      "</methodResponse>");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->fault, 10);
  EXPECT_EQ(answer->fault_text, "BAD_NAME: x");
}

TEST(XmlRpc, RefusesWhatIsNoAnswerWhereverItIsCutOff) {
  const std::string whole =
      "<methodResponse><params><param><value><array><data><value><int>1</int></value></data></array></value></param>";
  ASSERT_TRUE(parse_xml_rpc(whole).ok());
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(parse_xml_rpc(whole.substr(0, size)).ok()) << size;
}

TEST(XmlRpc, IsNotLedIntoADeepHole) {
  std::string deep = "<methodResponse><params><param>";
  for (int i = 0; i < 100000; ++i) deep += "<value><array><data>";
  EXPECT_FALSE(parse_xml_rpc(deep).ok());
}

}  // namespace
}  // namespace penstock
