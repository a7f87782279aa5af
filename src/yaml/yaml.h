#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "base/source.h"

/// YAML 1.1 as GitLab reads it (Ruby's Psych over libyaml): a tree with positions.
///
///     yaml::Arena arena;
///     yaml::Parsed parsed = yaml::parse(file, arena);
///     if (has_errors(parsed.diagnostics)) …
///     for (const yaml::Entry& entry : parsed.documents[0]->entries()) …
///
/// A node is a `const Node*`: never changed, never copied, and it lives as long as its Arena. An alias is the very node
/// that its anchor names, so a tree is in truth a graph without cycles. Whoever walks it by recursion is safe:
/// `Limits::depth` bounds the height of a parsed tree, aliases followed.
namespace penstock::yaml {

class Arena;
class Node;

enum class Kind : uint8_t { scalar, sequence, mapping };

/// How a scalar was written. Only a plain one can be a number, a boolean or null.
enum class Style : uint8_t { plain, single_quoted, double_quoted, literal, folded };

/// What a scalar means by the rules of YAML 1.1 as Psych applies them.
enum class ScalarType : uint8_t { string, null, boolean, integer, floating, date, time };

struct Entry {
  const Node* key = nullptr;
  const Node* value = nullptr;
};

class Node {
 public:
  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_scalar() const { return kind_ == Kind::scalar; }
  [[nodiscard]] bool is_sequence() const { return kind_ == Kind::sequence; }
  [[nodiscard]] bool is_mapping() const { return kind_ == Kind::mapping; }
  /// For error messages: "a mapping", "a list", "a number", "a string", "nothing" (null), "true or false", "a date".
  [[nodiscard]] std::string_view kind_name() const;

  /// The text of a scalar after quotes, escapes and folding; empty for other kinds.
  [[nodiscard]] std::string_view text() const;
  [[nodiscard]] Style style() const { return style_; }
  /// A local tag as it was written, such as `!reference`; a standard one in its long form (`tag:yaml.org,2002:str`);
  /// else empty.
  [[nodiscard]] std::string_view tag() const { return tag_ == nullptr ? std::string_view() : *tag_; }

  [[nodiscard]] ScalarType scalar_type() const { return type_; }
  /// A scalar that is `~`, `null` or not there at all.
  [[nodiscard]] bool is_null() const { return is_scalar() && type_ == ScalarType::null; }
  [[nodiscard]] bool is_string() const { return is_scalar() && type_ == ScalarType::string; }
  /// `true/yes/on` and `false/no/off` in any case.
  [[nodiscard]] std::optional<bool> as_bool() const;
  /// Decimal, `0x`, `0b`, octal with a leading `0`, `_` and `,` between digits, base 60 (`1:30`). Nothing when it
  /// doesn't fit 64 bits.
  [[nodiscard]] std::optional<int64_t> as_int() const;
  /// A floating-point number, or an integer as one.
  [[nodiscard]] std::optional<double> as_float() const;
  /// A scalar's value as GitLab passes it on (Ruby's `to_s`): `0x10` is `16`, `1.10` is `1.1`, `yes` is `true`, null is
  /// empty.
  [[nodiscard]] std::string to_text() const;

  /// The items of a sequence; empty for other kinds.
  [[nodiscard]] std::span<const Node* const> items() const;
  /// The entries of a mapping, each key once, merge keys (`<<`) already resolved; empty for other kinds.
  [[nodiscard]] std::span<const Entry> entries() const;
  /// The entry or value of the scalar key whose text is `key`, or null. Quick for mappings of any size.
  [[nodiscard]] const Entry* find_entry(std::string_view key) const;
  [[nodiscard]] const Node* find(std::string_view key) const;

  /// From the tag or first character to behind the last one. A node that was built has the place of what it was built
  /// from.
  [[nodiscard]] SourceSpan span() const;
  /// The place of `length` bytes of `text()` from `offset`, where the source shows them as they are; else the whole
  /// scalar's.
  [[nodiscard]] SourceSpan span_within(size_t offset, size_t length) const;

  /// Levels below and with this node, aliases followed; a scalar has 1.
  [[nodiscard]] uint32_t height() const { return height_; }
  /// Nodes below and with this one, each alias counted as often as it is used; stops at the largest number.
  [[nodiscard]] uint32_t weight() const { return weight_; }

 private:
  friend class Arena;
  friend class Builder;
  Node() = default;

  Kind kind_ = Kind::scalar;
  Style style_ = Style::plain;
  ScalarType type_ = ScalarType::string;
  uint32_t size_ = 0;
  uint32_t line_ = 0;
  uint32_t column_ = 0;
  uint32_t end_line_ = 0;
  uint32_t end_column_ = 0;
  uint32_t height_ = 1;
  uint32_t weight_ = 1;
  union {
    const char* text_ = nullptr;
    const Node* const* items_;
    const Entry* entries_;  ///< A large mapping's are followed by the order of its keys, for `find`.
  };
  const std::string_view* tag_ = nullptr;
  const std::shared_ptr<const SourceFile>* file_ = nullptr;
};

/// Owns nodes: all sources of one compilation share an arena, so that a node of one file can stand in a tree of
/// another. Not for several threads at once while it grows; its nodes may be read by any number.
class Arena {
 public:
  Arena();
  ~Arena();
  Arena(Arena&&) noexcept;
  Arena& operator=(Arena&&) noexcept;

  /// New nodes of existing ones (`extends`, `!reference`, `$[[ inputs… ]]`). `like` gives the place that diagnostics
  /// name. A plain scalar is typed by its text. Of entries with the same key the last wins, at the place of the first.
  const Node* scalar(std::string_view text, Style style, const Node& like);
  const Node* sequence(std::span<const Node* const> items, const Node& like);
  const Node* mapping(std::span<const Entry> entries, const Node& like);
  /// The same without a source: for values that come from the command line or from defaults.
  const Node* scalar(std::string_view text, Style style);
  const Node* sequence(std::span<const Node* const> items);
  const Node* mapping(std::span<const Entry> entries);

  /// Whether any node of a source has a tag.
  [[nodiscard]] bool has_tags() const;

 private:
  friend class Builder;
  struct State;
  std::unique_ptr<State> state_;
};

/// Bounds against hostile input. What exceeds one is an error diagnostic that names the limit.
struct Limits {
  size_t bytes = 16U << 20;    ///< Of the whole text.
  size_t scalar = 4U << 20;    ///< Of one scalar.
  uint32_t depth = 100;        ///< Levels of nesting, aliases followed (GitLab has the same limit).
  uint32_t nodes = 2'000'000;  ///< Nodes, each alias and merge counted as what it stands for.
};

struct ParseOptions {
  Limits limits = {};
  /// Whether `<<` merges (GitLab); else it is a key like others (GitHub).
  bool merge_keys = true;
};

struct Parsed {
  /// One root a document (`---` separates them), up to the first error; none for a text of nothing but comments.
  std::vector<const Node*> documents;
  Diagnostics diagnostics;
};

/// Reads all documents of a text into `arena`. At most one syntax error is found, since what follows can't be trusted;
/// warnings (`duplicate-key`, `merge-replaces`) are all there, up to 100. Errors are named `syntax`, `unknown-alias`,
/// `recursive-alias`, `bad-merge`, `too-large`, `too-deep`, `too-many-values` and `scalar-too-long`.
///
/// Merge keys work as in Psych, in the order of the text: what stands after a `<<` replaces what it brought, and a `<<`
/// replaces what stands before it (with a warning); of a list of mappings the first one counts most.
Parsed parse(std::shared_ptr<const SourceFile> file, Arena& arena, const ParseOptions& options = {});

}  // namespace penstock::yaml
