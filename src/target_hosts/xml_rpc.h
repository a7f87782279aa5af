#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "hosts/host_shell.h"

namespace penstock {

/// A value of XML-RPC, as far as supervisor sends them: a scalar's text, an array or a struct.
struct XmlRpcValue {
  std::string text;
  std::vector<XmlRpcValue> items;
  std::vector<std::pair<std::string, XmlRpcValue>> members;

  /// The text of a member; empty where there is none.
  [[nodiscard]] const std::string& member(std::string_view name) const;
};

/// An argument: a string, or a boolean.
struct XmlRpcArgument {
  XmlRpcArgument(std::string value) : text(std::move(value)) {}           // NOLINT: an argument is its value
  XmlRpcArgument(const char* value) : text(value) {}                      // NOLINT
  XmlRpcArgument(bool value) : text(value ? "1" : "0"), boolean(true) {}  // NOLINT
  std::string text;
  bool boolean = false;
};

/// The answer of a call, or the fault that was answered instead.
struct XmlRpcAnswer {
  XmlRpcValue value;
  int fault = 0;  ///< faultCode; 0: none.
  std::string fault_text;
};

std::string xml_rpc_call(std::string_view method, const std::vector<XmlRpcArgument>& arguments);
/// Takes what somebody else wrote: an Error where it is no answer.
Result<XmlRpcAnswer> parse_xml_rpc(std::string_view text);

}  // namespace penstock
