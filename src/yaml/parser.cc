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
#include "yaml/event.h"
#include "yaml/libyaml_reader.h"
#include "yaml/quick_reader.h"
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

/// A list or mapping that isn't closed yet.
struct Frame {
  Kind kind;
  bool flow;
  Place place;
  std::string tag;
  std::string anchor;
  size_t first_child;  ///< In the parser's stack of children.
};

/// Builds the tree.
class Parser : public EventSink {
 public:
  Parser(std::shared_ptr<const SourceFile> file, Arena& arena, const ParseOptions& options)
      : file_(std::move(file)), builder_(arena), options_(options) {
    shared_file_ = builder_.add_file(file_);
  }

  bool take(const Event& event) override {
    switch (event.type) {
      case Event::Type::scalar:
        return scalar(event);
      case Event::Type::alias:
        return alias(event);
      case Event::Type::sequence:
        return open(event, Kind::sequence);
      case Event::Type::mapping:
        return open(event, Kind::mapping);
      case Event::Type::end:
        return close(event);
      case Event::Type::document:
        anchors_.clear();
        return true;
      case Event::Type::document_end:
        parsed_.documents.push_back(children_.back());
        children_.clear();
        return true;
    }
    return true;
  }

  /// What has been built; `error` is what ended it.
  Parsed done(std::optional<Diagnostic> error) {
    if (error) parsed_.diagnostics.push_back(std::move(*error));
    return std::move(parsed_);
  }

 private:
  bool scalar(const Event& event) {
    const Place place = place_of(event);
    last_end_ = event.end;
    if (event.text.size() > options_.limits.scalar) {
      return fail(span_of(place), "scalar-too-long",
                  "this text has " + size_in_words(event.text.size()) + "; at most " +
                      size_in_words(options_.limits.scalar) + " are allowed");
    }
    const Node* node = builder_.scalar(event.text, event.style, event.tag, place, event.in_source);
    if (!event.anchor.empty()) anchors_[std::string(event.anchor)] = node;
    return add(node, 1, place);
  }

  bool alias(const Event& event) {
    const std::string_view name = event.text;
    const Place place = place_of(event);
    last_end_ = event.end;
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
    if (const auto near = did_you_mean(name, known)) diagnostic.instead = "*" + *near;
    diagnostic.help = known.empty() ? "put the text in quotes if its `*` is meant as it is written"
                                    : "an anchor is known from its place to the end of the same file";
    return false;
  }

  bool open(const Event& event, Kind kind) {
    const Place place = place_of(event);
    if (frames_.size() >= options_.limits.depth) return too_deep(place);
    frames_.push_back({kind, event.flow, place, std::string(event.tag), std::string(event.anchor), children_.size()});
    // Until it is closed, an alias to it would be a cycle.
    if (!event.anchor.empty()) anchors_[frames_.back().anchor] = nullptr;
    return true;
  }

  bool close(const Event& event) {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    if (frame.flow) last_end_ = event.end;
    // A block has no end of its own, only where the next thing starts.
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

  [[nodiscard]] Place place_of(const Event& event) const {
    return {shared_file_, event.start.line, event.start.column, event.end.line, event.end.column};
  }

  [[nodiscard]] SourceSpan span_of(const Place& place) const {
    return {file_, place.line, place.column, place.end_line, place.end_column};
  }

  std::shared_ptr<const SourceFile> file_;
  const std::shared_ptr<const SourceFile>* shared_file_ = nullptr;
  Builder builder_;
  ParseOptions options_;
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
  if (Parser parser(file, arena, options); read_quickly(file->text, parser)) return parser.done({});
  Parser parser(file, arena, options);
  return parser.done(read_with_libyaml(file, parser));
}

}  // namespace penstock::yaml
