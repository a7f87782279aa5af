#include "target_hosts/xml_rpc.h"

#include <charconv>

namespace penstock {
namespace {

constexpr int kDeepest = 16;

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string unescaped(std::string_view text) {
  constexpr std::pair<std::string_view, char> kEntities[] = {{"&lt;", '<'},   {"&gt;", '>'},    {"&amp;", '&'},
                                                             {"&quot;", '"'}, {"&apos;", '\''}, {"&#13;", '\r'}};
  std::string out;
  while (!text.empty()) {
    bool replaced = false;
    for (const auto& [entity, c] : kEntities) {
      if (!text.starts_with(entity)) continue;
      out += c;
      text.remove_prefix(entity.size());
      replaced = true;
      break;
    }
    if (replaced) continue;
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

/// The subset of XML that XML-RPC servers write: elements without attributes that mean anything.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  bool answer(XmlRpcAnswer& answer) {
    while (take("<?")) {
      if (!skip_past("?>")) return false;
    }
    if (!take("<methodResponse>")) return false;
    if (take("<fault>")) {
      XmlRpcValue fault;
      if (!value(fault, 0)) return false;
      const std::string& code = fault.member("faultCode");
      std::from_chars(code.data(), code.data() + code.size(), answer.fault);
      if (answer.fault == 0) answer.fault = -1;
      answer.fault_text = fault.member("faultString");
      return take("</fault>");
    }
    return take("<params>") && take("<param>") && value(answer.value, 0) && take("</param>");
  }

 private:
  void skip_blank() {
    while (!rest_.empty() &&
           (rest_.front() == ' ' || rest_.front() == '\n' || rest_.front() == '\r' || rest_.front() == '\t')) {
      rest_.remove_prefix(1);
    }
  }
  bool take(std::string_view tag) {
    const std::string_view before = rest_;
    skip_blank();
    if (rest_.starts_with(tag)) {
      rest_.remove_prefix(tag.size());
      return true;
    }
    rest_ = before;
    return false;
  }
  bool skip_past(std::string_view mark) {
    const size_t at = rest_.find(mark);
    if (at == std::string_view::npos) return false;
    rest_.remove_prefix(at + mark.size());
    return true;
  }
  bool text_until_tag(std::string& text) {
    const size_t end = rest_.find('<');
    if (end == std::string_view::npos) return false;
    text = unescaped(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return true;
  }

  bool value(XmlRpcValue& value, int depth) {
    if (depth > kDeepest || !take("<value>")) return false;
    if (take("<array>")) return array(value, depth) && take("</value>");
    if (take("<struct>")) return structure(value, depth) && take("</value>");
    if (take("<nil/>")) return take("</value>");
    if (rest_.starts_with("<") && !rest_.starts_with("</")) {  // <string>, <int>, <i4>, <boolean>, …
      const size_t end = rest_.find('>');
      if (end == std::string_view::npos) return false;
      const std::string name(rest_.substr(1, end - 1));
      rest_.remove_prefix(end + 1);
      return text_until_tag(value.text) && take("</" + name + ">") && take("</value>");
    }
    return text_until_tag(value.text) && take("</value>");
  }

  bool array(XmlRpcValue& value, int depth) {
    if (!take("<data>")) return false;
    while (!take("</data>")) {
      if (!this->value(value.items.emplace_back(), depth + 1)) return false;
    }
    return take("</array>");
  }

  bool structure(XmlRpcValue& value, int depth) {
    while (take("<member>")) {
      auto& [name, content] = value.members.emplace_back();
      if (!take("<name>") || !text_until_tag(name) || !take("</name>")) return false;
      if (!this->value(content, depth + 1) || !take("</member>")) return false;
    }
    return take("</struct>");
  }

  std::string_view rest_;
};

}  // namespace

const std::string& XmlRpcValue::member(std::string_view name) const {
  static const std::string none;
  for (const auto& [known, value] : members) {
    if (known == name) return value.text;
  }
  return none;
}

std::string xml_rpc_call(std::string_view method, const std::vector<XmlRpcArgument>& arguments) {
  std::string call = "<?xml version=\"1.0\"?><methodCall><methodName>" + std::string(method) + "</methodName><params>";
  for (const XmlRpcArgument& argument : arguments) {
    const std::string type = argument.boolean ? "boolean" : "string";
    call += "<param><value><" + type + ">" + escaped(argument.text) + "</" + type + "></value></param>";
  }
  return call + "</params></methodCall>";
}

Result<XmlRpcAnswer> parse_xml_rpc(std::string_view text) {
  XmlRpcAnswer answer;
  if (Parser(text).answer(answer)) return answer;
  return Error{Fault::machine, "an answer that isn't XML-RPC", ""};
}

}  // namespace penstock
