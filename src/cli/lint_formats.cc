#include "cli/lint_formats.h"

#include <algorithm>
#include <set>

#include "base/digest.h"
#include "base/json_writer.h"
#include "base/text_width.h"
#include "cli/version.h"

namespace penstock {
namespace {

std::string_view file_of(const SourceSpan& span) { return span.file ? std::string_view(span.file->name) : "."; }

void append_percent(std::string& text, char c) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  text += '%';
  text += kDigits[static_cast<unsigned char>(c) >> 4U];
  text += kDigits[static_cast<unsigned char>(c) & 15U];
}

/// The whole of what is told of it, for readers that show one text.
std::string sentence(const Diagnostic& finding) {
  std::string text = finding.message;
  if (const std::string label = label_of(finding); !label.empty()) text += ": " + label;
  if (!finding.help.empty()) text += " (" + finding.help + ")";
  return text;
}

void write_span(JsonWriter& json, const SourceSpan& span) {
  json.member("file", span.file ? span.file->name : std::string()).member("line", span.line);
  json.member("column", span.column).member("end_line", span.end_line).member("end_column", span.end_column);
}

std::string as_json(const Diagnostics& findings) {
  std::string text;
  JsonWriter json(text, 2);
  json.begin_array();
  for (const Diagnostic& finding : findings) {
    json.begin_object().member("name", finding.name).member("severity", word_of(finding.severity));
    write_span(json, finding.span);
    json.member("message", finding.message).member("label", label_of(finding)).member("help", finding.help);
    json.key("notes").begin_array();
    for (const DiagnosticNote& note : finding.notes) {
      json.begin_object();
      write_span(json, note.span);
      json.member("message", note.message).end_object();
    }
    json.end_array().key("included_from").begin_array();
    for (const SourceSpan& span : finding.include_chain) {
      json.begin_object();
      write_span(json, span);
      json.end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
  return text + "\n";
}

// --- SARIF
// ---------------------------------------------------------------------------------------------------------------

/// Our columns count bytes, SARIF's (as declared below) characters.
uint64_t character_column(const SourceSpan& span, uint32_t line, uint32_t column) {
  const std::string_view before = line_of(*span.file, line).substr(0, column - 1);
  return 1 + static_cast<uint64_t>(std::count_if(before.begin(), before.end(), [](char c) {
           return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
         }));
}

/// A path as a relative reference of RFC 3986: what isn't plain is percent-encoded, bytes of UTF-8 too.
std::string as_uri(std::string_view path) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-._~,@+=";
  std::string uri;
  for (const char c : path) {
    if (kPlain.find(c) != std::string_view::npos) {
      uri += c;
    } else {
      append_percent(uri, c);
    }
  }
  return uri;
}

void write_place(JsonWriter& json, const SourceSpan& span) {
  json.key("physicalLocation").begin_object();
  json.key("artifactLocation").begin_object().member("uri", as_uri(file_of(span))).end_object();
  if (span.known()) {
    json.key("region").begin_object().member("startLine", span.line);
    json.member("startColumn", character_column(span, span.line, span.column)).member("endLine", span.end_line);
    json.member("endColumn", character_column(span, span.end_line, span.end_column)).end_object();
  }
  json.end_object();
}

void write_result(JsonWriter& json, const Diagnostic& finding) {
  json.begin_object().member("ruleId", finding.name).member("level", word_of(finding.severity));
  json.key("message").begin_object().member("text", sentence(finding)).end_object();
  json.key("locations").begin_array();
  if (finding.span.file) {
    json.begin_object();
    write_place(json, finding.span);
    json.end_object();
  }
  json.end_array();
  if (!finding.notes.empty()) {
    json.key("relatedLocations").begin_array();
    for (const DiagnosticNote& note : finding.notes) {
      json.begin_object();
      write_place(json, note.span);
      json.key("message").begin_object().member("text", note.message).end_object().end_object();
    }
    json.end_array();
  }
  json.end_object();
}

std::string as_sarif(const Diagnostics& findings) {
  std::set<std::string> rules;
  for (const Diagnostic& finding : findings) rules.insert(finding.name);
  std::string text;
  JsonWriter json(text, 2);
  json.begin_object()
      .member("$schema", "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json")
      .member("version", "2.1.0");
  json.key("runs").begin_array().begin_object().member("columnKind", "unicodeCodePoints");
  json.key("tool").begin_object().key("driver").begin_object().member("name", "ci lint").member("version", kVersion);
  json.key("rules").begin_array();
  for (const std::string& rule : rules) json.begin_object().member("id", rule).end_object();
  json.end_array().end_object().end_object();
  json.key("results").begin_array();
  for (const Diagnostic& finding : findings) write_result(json, finding);
  json.end_array().end_object().end_array().end_object();
  return text + "\n";
}

// --- JUnit
// ---------------------------------------------------------------------------------------------------------------

/// What XML 1.0 can't write (most control characters, what is no UTF-8) becomes U+FFFD.
std::string escaped_xml(std::string_view text) {
  std::string escaped;
  for (char32_t code_point = 0; !text.empty();) {
    const size_t length = next_character(text, code_point);
    const std::string_view character = text.substr(0, length);
    text.remove_prefix(length);
    const bool control = code_point < ' ' && character != "\t" && character != "\n";
    if (character == "&") {
      escaped += "&amp;";
    } else if (character == "<") {
      escaped += "&lt;";
    } else if (character == ">") {
      escaped += "&gt;";
    } else if (character == "\"") {
      escaped += "&quot;";
    } else if (control || code_point == 0xFFFE || code_point == 0xFFFF || code_point > 0x10FFFF) {
      escaped += "\xEF\xBF\xBD";
    } else {
      escaped += character;
    }
  }
  return escaped;
}

std::string attribute(std::string_view name, std::string_view value) {
  std::string escaped = escaped_xml(value);
  // A reader makes a blank of a line break in an attribute.
  for (size_t at = 0; (at = escaped.find('\n', at)) != std::string::npos;) escaped.replace(at, 1, "&#10;");
  return " " + std::string(name) + "=\"" + escaped + "\"";
}

std::string as_junit(const Diagnostics& findings, const std::vector<std::string>& files) {
  std::set<std::string_view> wrong;
  std::string cases;
  for (const Diagnostic& finding : findings) {
    const std::string_view file = file_of(finding.span);
    const std::string place = finding.span.known() ? ":" + std::to_string(finding.span.line) : std::string();
    wrong.insert(file);
    cases += "    <testcase" + attribute("classname", file) + attribute("name", finding.name + place) +
             attribute("file", file) + attribute("line", std::to_string(finding.span.line)) + ">\n";
    cases += "      <failure" + attribute("type", word_of(finding.severity)) + attribute("message", finding.message) +
             ">" + escaped_xml(render(finding, RenderOptions{})) + "</failure>\n    </testcase>\n";
  }
  size_t tests = findings.size();
  for (const std::string& file : files) {
    if (wrong.contains(file)) continue;
    cases += "    <testcase" + attribute("classname", file) + attribute("name", "no mistakes") +
             attribute("file", file) + "/>\n";
    ++tests;
  }
  const std::string counts =
      attribute("tests", std::to_string(tests)) + attribute("failures", std::to_string(findings.size()));
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + counts + ">\n  <testsuite" +
         attribute("name", "ci lint") + counts + ">\n" + cases + "  </testsuite>\n</testsuites>\n";
}

// --- GitHub
// --------------------------------------------------------------------------------------------------------------

std::string escaped_command(std::string_view text, bool property) {
  std::string escaped;
  for (const char c : text) {
    const bool special = c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
    if (!special) {
      escaped += c;
      continue;
    }
    append_percent(escaped, c);
  }
  return escaped;
}

std::string as_github(const Diagnostics& findings) {
  std::string text;
  for (const Diagnostic& finding : findings) {
    const std::string_view word = finding.severity == Severity::note ? "notice" : word_of(finding.severity);
    text += "::" + std::string(word) + " ";
    if (finding.span.file) text += "file=" + escaped_command(finding.span.file->name, true);
    if (finding.span.known()) {
      text += ",line=" + std::to_string(finding.span.line) + ",endLine=" + std::to_string(finding.span.end_line);
      // GitHub takes columns only within one line.
      if (finding.span.line == finding.span.end_line)
        text += ",col=" + std::to_string(finding.span.column) + ",endColumn=" + std::to_string(finding.span.end_column);
    }
    text += std::string(finding.span.file ? "," : "") + "title=" + escaped_command(finding.name, true) +
            "::" + escaped_command(sentence(finding), false) + "\n";
  }
  return text;
}

// --- GitLab
// --------------------------------------------------------------------------------------------------------------

/// The same while the line says the same, wherever it moves to: what GitLab tells old findings from new ones by.
std::string fingerprint(const Diagnostic& finding, std::set<std::string>& taken) {
  std::string seed = finding.name + "\n" + std::string(file_of(finding.span)) + "\n" + finding.message + "\n";
  if (finding.span.known()) seed += line_of(*finding.span.file, finding.span.line);
  std::string print = to_hex(sha256(seed));
  while (!taken.insert(print).second) print = to_hex(sha256(seed += "\n"));
  return print;
}

/// GitLab wants a file for each.
constexpr std::string_view kUsualFile = ".gitlab-ci.yml";

std::string as_gitlab(const Diagnostics& findings) {
  std::set<std::string> taken;
  std::string text;
  JsonWriter json(text, 2);
  json.begin_array();
  for (const Diagnostic& finding : findings) {
    const char* severity = finding.severity == Severity::error     ? "major"
                           : finding.severity == Severity::warning ? "minor"
                                                                   : "info";
    json.begin_object().member("description", sentence(finding)).member("check_name", finding.name);
    json.member("fingerprint", fingerprint(finding, taken)).member("severity", severity);
    json.key("location")
        .begin_object()
        .member("path", finding.span.file ? std::string_view(finding.span.file->name) : kUsualFile)
        .key("lines")
        .begin_object();
    json.member("begin", std::max(finding.span.line, 1U)).end_object().end_object().end_object();
  }
  json.end_array();
  return text + "\n";
}

}  // namespace

std::string format_findings(const Diagnostics& findings, const std::vector<std::string>& files, LintFormat format) {
  switch (format) {
    case LintFormat::sarif:
      return as_sarif(findings);
    case LintFormat::junit:
      return as_junit(findings, files);
    case LintFormat::github:
      return as_github(findings);
    case LintFormat::gitlab:
      return as_gitlab(findings);
    default:
      return as_json(findings);
  }
}

}  // namespace penstock
