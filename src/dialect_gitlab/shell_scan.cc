#include "dialect_gitlab/shell_scan.h"

#include <algorithm>
#include <array>

#include "base/variable_name.h"

namespace penstock::gitlab {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

size_t name_end(std::string_view text, size_t at) {
  return at + variable_name_length(text.substr(std::min(at, text.size())));
}

/// `NAME=…` or `NAME+=…`: where the name ends, else 0.
size_t assignment(std::string_view word) {
  const size_t end = name_end(word, 0);
  if (end == 0 || end == word.size()) return 0;
  return word[end] == '=' || word.substr(end).starts_with("+=") ? end : 0;
}

/// Words that a command may follow.
bool is_keyword(std::string_view word) {
  constexpr std::array<std::string_view, 10> kKeywords = {"if",    "then", "elif", "else", "while",
                                                          "until", "do",   "!",    "{",    "time"};
  return std::find(kKeywords.begin(), kKeywords.end(), word) != kKeywords.end();
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::vector<ShellCommand> scan() {
    while (at_ < text_.size()) step();
    end_command();
    return std::move(commands_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '\\') {
      begin_word();
      at_ = std::min(at_ + 2, text_.size());
    } else if (c == '\'' && !quoted_) {
      begin_word();
      at_ = std::min(text_.find('\'', at_ + 1), text_.size() - 1) + 1;
    } else if (c == '"') {
      begin_word();
      quoted_ = !quoted_;
      ++at_;
    } else if (c == '$') {
      begin_word();
      dollar();
    } else if (quoted_) {
      ++at_;
    } else {
      plain(c);
    }
  }

  void plain(char c) {
    if (c == '#' && word_ == kNone) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (is_blank(c)) {
      end_word();
      ++at_;
    } else if (c == '\n') {
      end_command();
      ++at_;
      skip_here_document();
    } else if (c == '|') {
      current_.piped = at_ + 1 >= text_.size() || text_[at_ + 1] != '|';
      operator_of(text_.substr(at_).starts_with("||") ? 2 : 1);
    } else if (c == '&' && text_.substr(at_).starts_with("&>")) {
      redirect(2);
    } else if (c == '(') {
      const bool to_process = at_ > 0 && (text_[at_ - 1] == '<' || text_[at_ - 1] == '>');
      open(to_process ? Outer::substitution : Outer::subshell);
    } else if (c == ')') {
      close();
    } else if (c == ';' || c == '&' || c == '`') {
      operator_of(1);
    } else if (c == '>') {
      redirect(1);
    } else if (text_.substr(at_).starts_with("<<") && !text_.substr(at_).starts_with("<<<")) {
      begin_here_document();
    } else {
      begin_word();
      ++at_;
    }
  }

  void operator_of(size_t length) {
    end_command();
    at_ += length;
  }

  /// `2>&1` and `2>file` leave the output where it goes.
  void redirect(size_t length) {
    const bool of_errors = word_ != kNone && text_.substr(word_, at_ - word_) == "2";
    const std::string_view target = text_.substr(std::min(at_ + length, text_.size()));
    if (!of_errors && !target.starts_with("&")) current_.redirected = true;
    if (of_errors) word_ = kNone;
    end_word();
    at_ += length;
    while (at_ < text_.size() && (text_[at_] == '>' || text_[at_] == '&')) ++at_;
  }

  void begin_here_document() {
    end_word();
    at_ += 2;
    if (at_ < text_.size() && text_[at_] == '-') ++at_;
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    size_t end = at_;
    while (end < text_.size() && (in_variable_name(text_[end]) || text_[end] == '\'' || text_[end] == '"')) ++end;
    here_ = text_.substr(at_, end - at_);
    while (!here_.empty() && !in_variable_name(here_.front())) here_.remove_prefix(1);
    while (!here_.empty() && !in_variable_name(here_.back())) here_.remove_suffix(1);
    at_ = end;
  }

  void skip_here_document() {
    if (here_.empty()) return;
    while (at_ < text_.size()) {
      const size_t end = std::min(text_.find('\n', at_), text_.size());
      std::string_view line = text_.substr(at_, end - at_);
      while (line.starts_with('\t')) line.remove_prefix(1);
      at_ = std::min(end + 1, text_.size());
      if (line == here_) break;
    }
    here_ = {};
  }

  void dollar() {
    const size_t start = at_++;
    if (at_ >= text_.size()) return;
    if (text_[at_] == '(') {
      // What stands in it are commands of their own.
      if (word_ == start) word_ = kNone;
      open(quoted_ ? Outer::quoted_substitution : Outer::substitution);
      quoted_ = false;
      return;
    }
    const bool braced = text_[at_] == '{';
    size_t name = at_ + (braced ? 1 : 0);
    ShellReference reference;
    reference.bare = !(braced && name < text_.size() && (text_[name] == '#' || text_[name] == '!'));
    if (!reference.bare) ++name;
    const size_t end = name_end(text_, name);
    at_ = std::max(end, start + 1);
    if (end == name) return;
    if (braced) {
      const std::string_view after = text_.substr(end);
      if (after.starts_with('+') || after.starts_with(":+")) reference.bare = false;
      at_ = after.starts_with('}') ? end + 1 : end;
    }
    reference.name = text_.substr(name, end - name);
    reference.offset = start;
    reference.length = at_ - start;
    reference.quotes = quoted_ ? ShellReference::Quotes::double_quotes : ShellReference::Quotes::none;
    reference.in_test = !current_.words.empty() && (current_.words.front() == "[[" || current_.words.front() == "case");
    current_.references.push_back(reference);
  }

  enum class Outer { subshell, substitution, quoted_substitution };

  void open(Outer outer) {
    end_command();
    outer_.push_back(outer);
    if (outer != Outer::subshell) ++substitutions_;
    ++at_;
  }

  void close() {
    end_command();
    ++at_;
    if (outer_.empty()) return;
    quoted_ = outer_.back() == Outer::quoted_substitution;
    // What is left of the command around it has no words to be judged by.
    current_.piped = outer_.back() != Outer::subshell;
    if (outer_.back() != Outer::subshell) --substitutions_;
    outer_.pop_back();
  }

  void begin_word() {
    if (word_ == kNone) word_ = at_;
  }

  void end_word() {
    if (word_ == kNone) return;
    const std::string_view word = text_.substr(word_, at_ - word_);
    word_ = kNone;
    if (current_.words.empty() && (assignment(word) != 0 || is_keyword(word))) return;
    current_.words.push_back(word);
  }

  void end_command() {
    end_word();
    current_.piped = current_.piped || substitutions_ > 0;
    if (!current_.words.empty() || !current_.references.empty()) commands_.push_back(std::move(current_));
    current_ = {};
  }

  static constexpr size_t kNone = static_cast<size_t>(-1);

  std::string_view text_;
  size_t at_ = 0;
  size_t word_ = kNone;
  bool quoted_ = false;
  std::vector<Outer> outer_;
  size_t substitutions_ = 0;  ///< Of `outer_`.
  std::string_view here_;
  ShellCommand current_;
  std::vector<ShellCommand> commands_;
};

}  // namespace

std::vector<ShellCommand> scan_shell(std::string_view text) { return Scanner(text).scan(); }

std::vector<std::string_view> assigned_names(std::string_view text) {
  constexpr std::array<std::string_view, 7> kTakers = {"export",  "read",     "for",    "local",
                                                       "declare", "readonly", "typeset"};
  std::vector<std::string_view> names;
  bool after_taker = false;
  for (size_t at = 0; at < text.size();) {
    if (!starts_variable_name(text[at]) ||
        (at > 0 && (in_variable_name(text[at - 1]) || text[at - 1] == '$' || text[at - 1] == '{'))) {
      if (text[at] == '\n' || text[at] == ';') after_taker = false;
      ++at;
      continue;
    }
    const size_t end = name_end(text, at);
    const std::string_view name = text.substr(at, end - at);
    if ((after_taker && name != "in") ||
        assignment(text.substr(at, std::min<size_t>(end - at + 2, text.size() - at))) != 0)
      names.push_back(name);
    after_taker = after_taker ? name != "in" : std::find(kTakers.begin(), kTakers.end(), name) != kTakers.end();
    at = end;
  }
  return names;
}

}  // namespace penstock::gitlab
