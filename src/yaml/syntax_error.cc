#include "yaml/syntax_error.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/text_width.h"

namespace penstock::yaml {
namespace {

/// Where the caret goes: to the problem, or to where the construct began that it spoils.
enum class Caret { problem, context };

struct Explanation {
  std::string_view problem;
  std::string_view context;  ///< Empty: any.
  Caret caret;
  std::string_view message;
  std::string_view help;
};

constexpr std::string_view kQuoteHelp = "put the text in quotes if this is meant as it is written";
constexpr std::string_view kIndentHelp =
    "all keys of one mapping start in the same column, and what belongs to a key is indented more";

constexpr std::array kExplanations = {
    Explanation{"mapping values are not allowed in this context", "", Caret::problem, "a `:` can't stand here",
                "if it is part of a text, put the whole text in quotes; else look at how this line is indented"},
    Explanation{"could not find expected ':'", "while scanning a simple key", Caret::context,
                "this is neither `key: value` nor an item of a list",
                "a key needs a `:` with a space behind it; text over several lines needs `|` or quotes"},
    Explanation{"did not find expected key", "while parsing a block mapping", Caret::problem,
                "this doesn't fit into the mapping around it", kIndentHelp},
    Explanation{"did not find expected '-' indicator", "", Caret::problem, "this doesn't fit into the list around it",
                "all items of one list start with `- ` in the same column"},
    Explanation{"did not find expected ',' or ']'", "", Caret::problem, "this list needs a `,` or its `]` here",
                "a text with `[`, `]`, `{`, `}` or `,` in it needs quotes"},
    Explanation{"did not find expected ',' or '}'", "", Caret::problem, "this mapping needs a `,` or its `}` here",
                "a text with `[`, `]`, `{`, `}` or `,` in it needs quotes"},
    Explanation{"found unexpected end of stream", "while scanning a quoted scalar", Caret::context,
                "this quote is never closed", ""},
    Explanation{"found unexpected document indicator", "while scanning a quoted scalar", Caret::context,
                "this quote isn't closed before the document ends", ""},
    Explanation{"found unknown escape character", "", Caret::problem, "this isn't an escape that YAML knows",
                "in single quotes a backslash is only a backslash"},
    Explanation{"did not find expected hexdecimal number", "", Caret::problem, "this escape needs hexadecimal digits",
                "in single quotes a backslash is only a backslash"},
    Explanation{"found invalid Unicode character escape code", "", Caret::problem, "there is no such character", ""},
    Explanation{"block sequence entries are not allowed in this context", "", Caret::problem,
                "an item of a list can't start here", "start the list in a line of its own, below its key"},
    Explanation{"mapping keys are not allowed in this context", "", Caret::problem, "a `?` can't start a key here",
                kQuoteHelp},
    Explanation{"did not find expected alphabetic or numeric character", "while scanning an alias", Caret::context,
                "a `*` at the start of a value names an anchor, and no name follows", kQuoteHelp},
    Explanation{"did not find expected alphabetic or numeric character", "while scanning an anchor", Caret::context,
                "a `&` at the start of a value sets an anchor, and no name follows", kQuoteHelp},
    Explanation{"did not find expected comment or line break", "while scanning a block scalar", Caret::problem,
                "nothing but a comment may follow the `|` or `>` of a block", "start the text in the next line"},
    Explanation{"found an indentation indicator equal to 0", "", Caret::problem, "a block can't be indented by 0", ""},
    Explanation{"found a tab character", "", Caret::problem, "a tab can't indent", "use spaces"},
    Explanation{"did not find expected node content", "while parsing a flow node", Caret::problem,
                "a value is missing here", ""},
    Explanation{"did not find expected node content", "", Caret::problem, "a value is missing here",
                "what belongs to an anchor or a tag follows it in the same line, or indented below"},
    Explanation{"did not find expected <document start>", "", Caret::problem,
                "this doesn't belong to what stands before it",
                "a file is one mapping, or one list; `---` in a line of its own starts another document"},
    Explanation{"found undefined tag handle", "", Caret::problem, "this tag's prefix isn't known", kQuoteHelp},
    Explanation{"did not find expected tag URI", "", Caret::problem, "a `!` starts a tag, and no name follows",
                kQuoteHelp},
    Explanation{"did not find expected whitespace or line break", "", Caret::problem,
                "a tag ends with a space or a line break", kQuoteHelp},
    Explanation{"found incompatible YAML document", "", Caret::problem, "only YAML 1.1 and 1.2 are known", ""},
    Explanation{"found unexpected ':'", "", Caret::problem, "a `:` can't stand here", kQuoteHelp},
    Explanation{"", "while scanning a tag", Caret::problem, "this tag isn't complete", kQuoteHelp},
    Explanation{"", "while parsing a tag", Caret::problem, "this tag isn't complete", kQuoteHelp},
    Explanation{"", "while scanning a directive", Caret::problem, "a `%` at the start of a line starts a directive",
                kQuoteHelp},
    Explanation{"", "while scanning a %YAML directive", Caret::problem, "`%YAML` needs a version, such as 1.1", ""},
    Explanation{"", "while scanning a %TAG directive", Caret::problem, "`%TAG` needs a handle and a prefix", ""},
    Explanation{"directive", "", Caret::problem, "this directive is there twice", ""},
    Explanation{"control characters are not allowed", "", Caret::problem, "YAML allows no control characters",
                "in double quotes it can be written as an escape, such as `\\x1b`"},
    Explanation{"UTF-8 octet", "", Caret::problem, "this isn't UTF-8", "save the file as UTF-8"},
    Explanation{"invalid length of a UTF-8 sequence", "", Caret::problem, "this isn't UTF-8", "save the file as UTF-8"},
    Explanation{"invalid Unicode character", "", Caret::problem, "this isn't UTF-8", "save the file as UTF-8"},
};

/// A span of the one character at `at`.
SourceSpan character_at(const std::shared_ptr<const SourceFile>& file, Position at) {
  const std::string_view line = line_of(*file, at.line);
  uint32_t length = 0;
  if (at.column >= 1 && at.column <= line.size()) {
    char32_t ignored = 0;
    length = static_cast<uint32_t>(next_character(line.substr(at.column - 1), ignored));
  }
  return {file, at.line, at.column, at.line, at.column + length};
}

/// From `at` to the end of what is written in that line.
SourceSpan rest_of_line(const std::shared_ptr<const SourceFile>& file, Position at) {
  const std::string_view line = line_of(*file, at.line);
  const size_t end = line.find_last_not_of(" \t");
  const auto column = static_cast<uint32_t>(end == std::string_view::npos ? 1 : end + 2);
  return {file, at.line, at.column, at.line, std::max(at.column, column)};
}

void explain_unknown_start(const std::shared_ptr<const SourceFile>& file, const Complaint& complaint,
                           Diagnostic& diagnostic) {
  diagnostic.span = character_at(file, complaint.at);
  const std::string_view line = line_of(*file, complaint.at.line);
  const char c = complaint.at.column <= line.size() ? line[complaint.at.column - 1] : ' ';
  if (c == '\t') {
    diagnostic.message = "a tab can't indent";
    diagnostic.help = "use spaces";
  } else {
    diagnostic.message = std::string("a value can't start with `") + c + "`";
    diagnostic.help = kQuoteHelp;
  }
}

std::string_view what_began(std::string_view context) {
  if (context == "while parsing a block mapping") return "the mapping starts here";
  if (context == "while parsing a block collection") return "the list starts here";
  if (context == "while parsing a flow sequence") return "the list starts here";
  if (context == "while parsing a flow mapping") return "the mapping starts here";
  if (context == "while scanning a block scalar") return "the block starts here";
  return {};
}

}  // namespace

Diagnostic syntax_error(const std::shared_ptr<const SourceFile>& file, const Complaint& complaint) {
  Diagnostic diagnostic;
  diagnostic.name = "syntax";
  if (complaint.problem == "found character that cannot start any token") {
    explain_unknown_start(file, complaint, diagnostic);
    return diagnostic;
  }
  const auto* found = std::find_if(kExplanations.begin(), kExplanations.end(), [&](const Explanation& explanation) {
    return complaint.problem.find(explanation.problem) != std::string_view::npos &&
           (explanation.context.empty() || explanation.context == complaint.context);
  });
  const bool at_context = found != kExplanations.end() && found->caret == Caret::context;
  diagnostic.span = at_context ? rest_of_line(file, complaint.context_at) : character_at(file, complaint.at);
  if (found == kExplanations.end()) {
    diagnostic.message =
        complaint.problem.empty() ? "this isn't YAML" : "this isn't YAML: " + std::string(complaint.problem);
  } else {
    diagnostic.message = found->message;
    diagnostic.help = found->help;
  }
  const std::string_view note = what_began(complaint.context);
  if (!at_context && !note.empty() && complaint.context_at.line != complaint.at.line) {
    diagnostic.notes.push_back({character_at(file, complaint.context_at), std::string(note)});
  }
  return diagnostic;
}

}  // namespace penstock::yaml
