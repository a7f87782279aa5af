#pragma once

#include <cstdint>
#include <string_view>

#include "yaml/positions.h"
#include "yaml/yaml.h"

namespace penstock::yaml {

/// One step through the structure of a text, as whoever reads the text tells it to who builds the tree.
struct Event {
  enum class Type : uint8_t { document, document_end, scalar, alias, sequence, mapping, end };
  Type type = Type::scalar;
  Style style = Style::plain;
  bool flow = false;       ///< Of a sequence or mapping: `[…]` or `{…}`.
  bool in_source = false;  ///< `text` is a part of the source; else it lives as long as the event, as do the others.
  std::string_view text;   ///< Of a scalar; an alias's name.
  std::string_view anchor;
  std::string_view tag;
  Position start;
  Position end;  ///< Of scalars, aliases and the end of `[…]` and `{…}`.
};

class EventSink {
 public:
  virtual ~EventSink() = default;
  /// False: no more, please.
  virtual bool take(const Event& event) = 0;
};

}  // namespace penstock::yaml
