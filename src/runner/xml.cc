#include "runner/xml.h"

#include <expat.h>

#include <string>

namespace penstock {

std::string_view XmlAttributes::get(std::string_view name) const {
  for (const char* const* pair = pairs_; *pair != nullptr; pair += 2) {
    if (name == pair[0]) return pair[1];
  }
  return {};
}

struct XmlParser::State {
  static constexpr int kDeepest = 200;

  explicit State(XmlHandler& to) : handler(to), parser(XML_ParserCreate(nullptr)) {
    XML_SetUserData(parser, this);
    XML_SetElementHandler(parser, on_open, on_close);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetStartDoctypeDeclHandler(parser, on_document_type);
  }
  ~State() { XML_ParserFree(parser); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void stop(const char* why) {
    fault = why;
    XML_StopParser(parser, XML_FALSE);
  }

  static void XMLCALL on_open(void* self, const XML_Char* name, const XML_Char** attributes) {
    auto& state = *static_cast<State*>(self);
    if (++state.depth > kDeepest) return state.stop("its elements are nested deeper than 200");
    state.handler.open(name, XmlAttributes(attributes));
  }
  static void XMLCALL on_close(void* self, const XML_Char* name) {
    auto& state = *static_cast<State*>(self);
    --state.depth;
    state.handler.close(name);
  }
  static void XMLCALL on_text(void* self, const XML_Char* text, int size) {
    static_cast<State*>(self)->handler.text({text, static_cast<size_t>(size)});
  }
  static void XMLCALL on_document_type(void* self, const XML_Char*, const XML_Char*, const XML_Char*,
                                       int internal_subset) {
    // A mere name of a document type (JaCoCo writes one) is harmless: nothing is fetched.
    if (internal_subset != 0)
      static_cast<State*>(self)->stop("it declares entities, which could make it as large as it likes");
  }

  XmlHandler& handler;
  XML_Parser parser;
  int depth = 0;
  std::string fault;
};

XmlParser::XmlParser(XmlHandler& handler) : state_(std::make_unique<State>(handler)) {}
XmlParser::~XmlParser() = default;

Result<> XmlParser::feed(std::string_view piece) {
  constexpr size_t kMost = size_t{1} << 20;  // expat counts in int
  for (; !piece.empty(); piece.remove_prefix(std::min(piece.size(), kMost))) {
    const auto size = static_cast<int>(std::min(piece.size(), kMost));
    if (XML_Parse(state_->parser, piece.data(), size, XML_FALSE) == XML_STATUS_ERROR) break;
  }
  if (piece.empty()) return success();
  const std::string why = state_->fault.empty() ? XML_ErrorString(XML_GetErrorCode(state_->parser)) : state_->fault;
  return Error{Fault::job, "line " + std::to_string(XML_GetCurrentLineNumber(state_->parser)) + ": " + why, ""};
}

Result<> XmlParser::finish() {
  if (XML_Parse(state_->parser, "", 0, XML_TRUE) != XML_STATUS_ERROR) return success();
  return Error{Fault::job,
               "line " + std::to_string(XML_GetCurrentLineNumber(state_->parser)) + ": " +
                   XML_ErrorString(XML_GetErrorCode(state_->parser)),
               ""};
}

}  // namespace penstock
