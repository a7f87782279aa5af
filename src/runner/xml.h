#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"

namespace penstock {

/// The attributes of an element while it is handed over.
class XmlAttributes {
 public:
  explicit XmlAttributes(const char* const* pairs) : pairs_(pairs) {}
  /// Empty where it isn't there.
  [[nodiscard]] std::string_view get(std::string_view name) const;

 private:
  const char* const* pairs_;
};

/// What an XmlParser finds.
class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  virtual void open(std::string_view name, const XmlAttributes& attributes) = 0;
  virtual void close(std::string_view name) = 0;
  virtual void text(std::string_view piece) = 0;
};

/// Reads XML in pieces, for reports that a job wrote and nobody may trust: declarations (and so every entity but the
/// five of XML itself) are refused, elements nested deeper than 200 too, and nothing is ever fetched. Memory does not
/// grow with the document.
class XmlParser {
 public:
  explicit XmlParser(XmlHandler& handler);
  ~XmlParser();
  XmlParser(const XmlParser&) = delete;
  XmlParser& operator=(const XmlParser&) = delete;

  /// An Error says what is wrong and in which line.
  Result<> feed(std::string_view piece);
  Result<> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace penstock
