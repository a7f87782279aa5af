#include <yaml.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/suggest.h"
#include "yaml/builder.h"
#include "yaml/positions.h"
#include "yaml/syntax_error.h"
#include "yaml/yaml.h"

namespace penstock::yaml {
namespace {

/// Names are cut to this many bytes in messages.
constexpr size_t kLongestName = 60;

/// More warnings of one file help nobody, and a hostile one could have millions.
constexpr size_t kMostWarnings = 100;

std::string quoted(std::string_view name) {
  return "`" + std::string(name.substr(0, kLongestName)) + (name.size() > kLongestName ? "…`" : "`");
}

std::string size_in_words(size_t bytes) {
  return bytes < (1U << 20) ? std::to_string(bytes) + " bytes" : std::to_string(bytes >> 20) + " MB";
}

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

/// A list or mapping that isn't closed yet.
struct Frame {
  Kind kind;
  bool flow;
  Place place;
  std::string tag;
  std::string anchor;
  size_t first_child;  ///< In the parser's stack of children.
};

class Parser {
 public:
  Parser(std::shared_ptr<const SourceFile> file, Arena& arena, const ParseOptions& options)
      : file_(std::move(file)), builder_(arena), options_(options), positions_(file_->text), events_(file_->text) {
    shared_file_ = builder_.add_file(file_);
  }

  Parsed run() {
    while (const yaml_event_t* event = events_.next()) {
      if (event->type == YAML_STREAM_END_EVENT || !take(*event)) return std::move(parsed_);
    }
    parsed_.diagnostics.push_back(complaint());
    return std::move(parsed_);
  }

 private:
  bool take(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_SCALAR_EVENT:
        return scalar(event);
      case YAML_ALIAS_EVENT:
        return alias(event);
      case YAML_SEQUENCE_START_EVENT: {
        const auto& start = event.data.sequence_start;
        return open(event, Kind::sequence, start.style == YAML_FLOW_SEQUENCE_STYLE, start.anchor, start.tag);
      }
      case YAML_MAPPING_START_EVENT: {
        const auto& start = event.data.mapping_start;
        return open(event, Kind::mapping, start.style == YAML_FLOW_MAPPING_STYLE, start.anchor, start.tag);
      }
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        return close(event);
      case YAML_DOCUMENT_START_EVENT:
        anchors_.clear();
        return true;
      case YAML_DOCUMENT_END_EVENT:
        parsed_.documents.push_back(children_.back());
        children_.clear();
        return true;
      default:
        return true;
    }
  }

  bool scalar(const yaml_event_t& event) {
    const auto& data = event.data.scalar;
    const Place place = place_of(event);
    last_end_ = {place.end_line, place.end_column};
    if (data.length > options_.limits.scalar) {
      return fail(span_of(place), "scalar-too-long",
                  "this text has " + size_in_words(data.length) + "; at most " + size_in_words(options_.limits.scalar) +
                      " are allowed");
    }
    const std::string_view text(reinterpret_cast<const char*>(data.value), data.length);
    const Node* node = builder_.scalar(text, style_of(data.style), view(data.tag), place);
    if (data.anchor != nullptr) anchors_[std::string(view(data.anchor))] = node;
    return add(node, 1, place);
  }

  bool alias(const yaml_event_t& event) {
    const std::string_view name = view(event.data.alias.anchor);
    const Place place = place_of(event);
    last_end_ = {place.end_line, place.end_column};
    const auto found = anchors_.find(std::string(name));
    if (found == anchors_.end()) return unknown_alias(name, place);
    const Node* node = found->second;
    if (node == nullptr) {
      return fail(span_of(place), "recursive-alias", "alias " + quoted(name) + " stands within what it refers to");
    }
    return add(node, node->weight(), place);
  }

  bool unknown_alias(std::string_view name, const Place& place) {
    fail(span_of(place), "unknown-alias",
         "there is no anchor " + quoted("&" + std::string(name)) + " before this alias");
    std::vector<std::string_view> known;
    known.reserve(anchors_.size());
    for (const auto& [anchor, node] : anchors_) known.push_back(anchor);
    std::sort(known.begin(), known.end());
    Diagnostic& diagnostic = parsed_.diagnostics.back();
    if (const auto near = did_you_mean(name, known)) diagnostic.label = "did you mean " + quoted("*" + *near) + "?";
    diagnostic.help = known.empty() ? "put the text in quotes if its `*` is meant as it is written"
                                    : "an anchor is known from its place to the end of the same file";
    return false;
  }

  bool open(const yaml_event_t& event, Kind kind, bool flow, const yaml_char_t* anchor, const yaml_char_t* tag) {
    const Place place = place_of(event);
    if (frames_.size() >= options_.limits.depth) return too_deep(place);
    frames_.push_back({kind, flow, place, std::string(view(tag)), std::string(view(anchor)), children_.size()});
    // Until it is closed, an alias to it would be a cycle.
    if (anchor != nullptr) anchors_[frames_.back().anchor] = nullptr;
    return true;
  }

  bool close(const yaml_event_t& event) {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    if (frame.flow) {
      const auto& mark = event.end_mark;
      last_end_ = positions_.of_mark(mark.index, mark.line, mark.column);
    }
    // A block has no end of its own: libyaml reports where the next thing starts.
    frame.place.end_line = last_end_.line;
    frame.place.end_column = last_end_.column;
    const std::span<const Node* const> children(children_.data() + frame.first_child,
                                                children_.size() - frame.first_child);
    const Node* node =
        frame.kind == Kind::sequence ? builder_.sequence(children, frame.tag, frame.place) : mapping(children, frame);
    if (node == nullptr) return false;
    children_.resize(frame.first_child);
    if (!frame.anchor.empty()) anchors_[frame.anchor] = node;
    return add(node, 1, frame.place);
  }

  bool add(const Node* node, uint32_t weight, const Place& place) {
    if (frames_.size() + node->height() > options_.limits.depth) return too_deep(place);
    nodes_ += weight;
    if (nodes_ > options_.limits.nodes) return too_many(span_of(place));
    children_.push_back(node);
    return true;
  }

  /// Keys and values in turn; null after an error.
  const Node* mapping(std::span<const Node* const> children, const Frame& frame) {
    entries_.clear();
    for (size_t i = 0; i + 1 < children.size(); i += 2) {
      const Entry entry{children[i], children[i + 1]};
      if (!is_merge(*entry.key)) {
        entries_.push_back({entry, nullptr});
      } else if (!merge(entry)) {
        return nullptr;
      }
    }
    repeated_.clear();
    const Node* node = builder_.mapping(entries_, frame.tag, frame.place, repeated_);
    for (const Repeated& repeated : repeated_) warn_of(repeated);
    return node;
  }

  [[nodiscard]] bool is_merge(const Node& key) const {
    return options_.merge_keys && key.is_scalar() && key.text() == "<<" && key.tag() != "tag:yaml.org,2002:str";
  }

  /// As Psych does it, in the order of the text: what stands after a `<<` replaces what that brought, and a later `<<`
  /// replaces what stands before it. Of a list of mappings the first counts most.
  bool merge(const Entry& entry) {
    if (entry.value->is_mapping()) return merge_entries(*entry.key, *entry.value);
    const auto items = entry.value->items();
    if (!entry.value->is_sequence() ||
        !std::all_of(items.begin(), items.end(), [](const Node* item) { return item->is_mapping(); })) {
      return fail(entry.key->span(), "bad-merge",
                  "`<<` needs a mapping or a list of mappings, not " +
                      std::string(entry.value->is_sequence() ? "a list of anything else" : entry.value->kind_name()));
    }
    return std::all_of(items.rbegin(), items.rend(),
                       [&](const Node* item) { return merge_entries(*entry.key, *item); });
  }

  bool merge_entries(const Node& key, const Node& mapping) {
    // The aliases were counted where they stand; this is for the copies.
    nodes_ += 2 * mapping.entries().size();
    if (nodes_ > options_.limits.nodes) return too_many(key.span());
    for (const Entry& merged : mapping.entries()) entries_.push_back({merged, &key});
    return true;
  }

  void warn_of(const Repeated& repeated) {
    const RawEntry& earlier = repeated.earlier;
    const RawEntry& later = repeated.later;
    if (++warnings_ > kMostWarnings) return;
    Diagnostic warning;
    warning.severity = Severity::warning;
    const std::string name = quoted(later.entry.key->text());
    if (later.merge != nullptr) {
      warning.name = "merge-replaces";
      warning.span = later.merge->span();
      warning.message = "this `<<` replaces " + name + ", which stands before it";
      warning.help = "put `<<` first: what stands after it is kept";
      warning.notes.push_back({earlier.entry.key->span(), "what is replaced"});
    } else {
      warning.name = "duplicate-key";
      warning.span = later.entry.key->span();
      warning.message = "the key " + name + " is there twice; this one counts";
      warning.notes.push_back({earlier.entry.key->span(), "the first one, without effect"});
    }
    parsed_.diagnostics.push_back(std::move(warning));
  }

  bool too_deep(const Place& place) {
    return fail(span_of(place), "too-deep",
                "this is nested more than " + std::to_string(options_.limits.depth) + " levels deep");
  }

  bool too_many(SourceSpan span) {
    return fail(
        std::move(span), "too-many-values",
        "with its aliases put in, this file has more than " + std::to_string(options_.limits.nodes) + " values");
  }

  bool fail(SourceSpan span, std::string name, std::string message) {
    Diagnostic error;
    error.name = std::move(name);
    error.span = std::move(span);
    error.message = std::move(message);
    parsed_.diagnostics.push_back(std::move(error));
    return false;
  }

  Diagnostic complaint() {
    const yaml_parser_t& parser = events_.parser();
    Complaint said{view(parser.problem), view(parser.context), {}, {}};
    if (parser.error == YAML_READER_ERROR) {
      said.at = positions_.of_byte(parser.problem_offset);
    } else {
      const auto& mark = parser.problem_mark;
      const auto& context = parser.context_mark;
      said.at = positions_.of_mark(mark.index, mark.line, mark.column);
      said.context_at = positions_.of_mark(context.index, context.line, context.column);
    }
    return syntax_error(file_, said);
  }

  Place place_of(const yaml_event_t& event) {
    const yaml_mark_t& from = event.start_mark;
    const yaml_mark_t& to = event.end_mark;
    const Position start = positions_.of_mark(from.index, from.line, from.column);
    const Position end = positions_.of_mark(to.index, to.line, to.column);
    return {shared_file_, start.line, start.column, end.line, end.column};
  }

  [[nodiscard]] SourceSpan span_of(const Place& place) const {
    return {file_, place.line, place.column, place.end_line, place.end_column};
  }

  std::shared_ptr<const SourceFile> file_;
  const std::shared_ptr<const SourceFile>* shared_file_ = nullptr;
  Builder builder_;
  ParseOptions options_;
  Positions positions_;
  Events events_;
  Parsed parsed_;
  std::vector<Frame> frames_;
  std::vector<const Node*> children_;  ///< Of all open frames, the innermost one's last.
  std::unordered_map<std::string, const Node*> anchors_;
  Position last_end_;
  uint64_t nodes_ = 0;
  size_t warnings_ = 0;
  std::vector<RawEntry> entries_;
  std::vector<Repeated> repeated_;
};

}  // namespace

Parsed parse(std::shared_ptr<const SourceFile> file, Arena& arena, const ParseOptions& options) {
  if (file->text.size() > options.limits.bytes) {
    Diagnostic error;
    error.name = "too-large";
    error.message = "this file has " + size_in_words(file->text.size()) + "; at most " +
                    size_in_words(options.limits.bytes) + " are read";
    error.span.file = std::move(file);
    return {{}, {std::move(error)}};
  }
  return Parser(std::move(file), arena, options).run();
}

}  // namespace penstock::yaml
