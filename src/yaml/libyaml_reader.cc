#include "yaml/libyaml_reader.h"

#include <yaml.h>

#include <optional>
#include <string_view>

#include "yaml/positions.h"
#include "yaml/syntax_error.h"

namespace penstock::yaml {
namespace {

std::string_view view(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

std::string_view view(const char* text) { return text == nullptr ? std::string_view() : std::string_view(text); }

Style style_of(yaml_scalar_style_t style) {
  switch (style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
      return Style::single_quoted;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
      return Style::double_quoted;
    case YAML_LITERAL_SCALAR_STYLE:
      return Style::literal;
    case YAML_FOLDED_SCALAR_STYLE:
      return Style::folded;
    default:
      return Style::plain;
  }
}

/// libyaml's parser as a resource, one event at a time.
class Events {
 public:
  explicit Events(std::string_view text) {
    ready_ = yaml_parser_initialize(&parser_) != 0;
    if (!ready_) return;
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~Events() {
    drop();
    if (ready_) yaml_parser_delete(&parser_);
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  /// The next event, which lives until the one after it; null after an error.
  const yaml_event_t* next() {
    drop();
    held_ = ready_ && yaml_parser_parse(&parser_, &event_) != 0;
    return held_ ? &event_ : nullptr;
  }
  [[nodiscard]] const yaml_parser_t& parser() const { return parser_; }

 private:
  void drop() {
    if (held_) yaml_event_delete(&event_);
    held_ = false;
  }

  yaml_parser_t parser_{};
  yaml_event_t event_{};
  bool ready_ = false;
  bool held_ = false;
};

/// The event in our words; nothing for what a tree has no use for.
std::optional<Event> translated(const yaml_event_t& event) {
  Event said;
  switch (event.type) {
    case YAML_DOCUMENT_START_EVENT:
      said.type = Event::Type::document;
      return said;
    case YAML_DOCUMENT_END_EVENT:
      said.type = Event::Type::document_end;
      return said;
    case YAML_SCALAR_EVENT: {
      const auto& scalar = event.data.scalar;
      said.type = Event::Type::scalar;
      said.style = style_of(scalar.style);
      said.text = {reinterpret_cast<const char*>(scalar.value), scalar.length};
      said.anchor = view(scalar.anchor);
      said.tag = view(scalar.tag);
      return said;
    }
    case YAML_ALIAS_EVENT:
      said.type = Event::Type::alias;
      said.text = view(event.data.alias.anchor);
      return said;
    case YAML_SEQUENCE_START_EVENT: {
      const auto& start = event.data.sequence_start;
      said.type = Event::Type::sequence;
      said.flow = start.style == YAML_FLOW_SEQUENCE_STYLE;
      said.anchor = view(start.anchor);
      said.tag = view(start.tag);
      return said;
    }
    case YAML_MAPPING_START_EVENT: {
      const auto& start = event.data.mapping_start;
      said.type = Event::Type::mapping;
      said.flow = start.style == YAML_FLOW_MAPPING_STYLE;
      said.anchor = view(start.anchor);
      said.tag = view(start.tag);
      return said;
    }
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
      said.type = Event::Type::end;
      return said;
    default:
      return std::nullopt;
  }
}

Diagnostic complaint(const std::shared_ptr<const SourceFile>& file, const yaml_parser_t& parser, Positions& positions) {
  Complaint said{view(parser.problem), view(parser.context), {}, {}};
  if (parser.error == YAML_READER_ERROR) {
    said.at = positions.of_byte(parser.problem_offset);
  } else {
    const auto& mark = parser.problem_mark;
    const auto& context = parser.context_mark;
    said.at = positions.of_mark(mark.index, mark.line, mark.column);
    said.context_at = positions.of_mark(context.index, context.line, context.column);
  }
  return syntax_error(file, said);
}

}  // namespace

std::optional<Diagnostic> read_with_libyaml(const std::shared_ptr<const SourceFile>& file, EventSink& sink) {
  Positions positions(file->text);
  Events events(file->text);
  while (const yaml_event_t* event = events.next()) {
    if (event->type == YAML_STREAM_END_EVENT) return std::nullopt;
    std::optional<Event> said = translated(*event);
    if (!said) continue;
    const yaml_mark_t& from = event->start_mark;
    const yaml_mark_t& to = event->end_mark;
    said->start = positions.of_mark(from.index, from.line, from.column);
    said->end = positions.of_mark(to.index, to.line, to.column);
    if (!sink.take(*said)) return std::nullopt;
  }
  return complaint(file, events.parser(), positions);
}

}  // namespace penstock::yaml
