#include <algorithm>
#include <array>

#include "dialect_gitlab/advice.h"
#include "dialect_gitlab/shell_scan.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;
using Quotes = ShellReference::Quotes;

template <size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Texts that whoever commits, tags or opens a merge request is free to write.
constexpr std::array<std::string_view, 8> kFreeTexts = {
    "CI_COMMIT_MESSAGE",      "CI_COMMIT_TITLE",  "CI_COMMIT_DESCRIPTION",        "CI_COMMIT_TAG_MESSAGE",
    "CI_MERGE_REQUEST_TITLE", "CI_COMMIT_AUTHOR", "CI_MERGE_REQUEST_DESCRIPTION", "CI_MERGE_REQUEST_LABELS"};
/// Names of branches and tags: no blanks, but `$(…)`, `;` and backticks are allowed in them.
constexpr std::array<std::string_view, 6> kRefNames = {"CI_COMMIT_REF_NAME",
                                                       "CI_COMMIT_BRANCH",
                                                       "CI_COMMIT_TAG",
                                                       "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
                                                       "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH",
                                                       "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME"};
/// Programs that take a text and run it, with the option that it follows.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kInterpreters = {{{"sh", "-c"},
                                                                                          {"bash", "-c"},
                                                                                          {"dash", "-c"},
                                                                                          {"zsh", "-c"},
                                                                                          {"su", "-c"},
                                                                                          {"python", "-c"},
                                                                                          {"python3", "-c"},
                                                                                          {"perl", "-e"},
                                                                                          {"ruby", "-e"},
                                                                                          {"node", "-e"}}};

bool is_secret_name(std::string_view name) {
  constexpr std::array<std::string_view, 5> kPredefined = {"CI_JOB_TOKEN", "CI_REGISTRY_PASSWORD", "CI_DEPLOY_PASSWORD",
                                                           "CI_DEPENDENCY_PROXY_PASSWORD", "CI_JOB_JWT"};
  constexpr std::array<std::string_view, 7> kEndings = {"_TOKEN",  "_PASSWORD", "_PASSWD",     "_SECRET",
                                                        "_APIKEY", "_API_KEY",  "_PRIVATE_KEY"};
  return is_one_of(name, kPredefined) || std::any_of(kEndings.begin(), kEndings.end(), [name](std::string_view ending) {
           return name.ends_with(ending);
         });
}

/// Whether the command takes one of its words for a program and runs it.
bool runs_text(const ShellCommand& command) {
  if (command.words.empty()) return false;
  const std::string_view name = command.words.front().substr(command.words.front().rfind('/') + 1);
  if (name == "eval" || name == "ssh") return true;
  return std::any_of(kInterpreters.begin(), kInterpreters.end(), [&](const auto& interpreter) {
    return interpreter.first == name &&
           std::find(command.words.begin(), command.words.end(), interpreter.second) != command.words.end();
  });
}

bool shows_its_words(const ShellCommand& command) {
  return !command.words.empty() && (command.words.front() == "echo" || command.words.front() == "printf") &&
         !command.piped && !command.redirected;
}

class ScriptAdvice {
 public:
  ScriptAdvice(Report& report, VariableFacts& variables) : report_(report), variables_(variables) {}

  void look_at(const Node& node) {
    for (const Node* line : flat_items(node)) {
      if (line->is_string()) look_at_line(*line);
    }
  }

 private:
  void look_at_line(const Node& line) {
    for (const std::string_view name : assigned_names(line.text())) variables_.set.emplace(name);
    if (line.text().find('$') == std::string_view::npos) return;
    for (const ShellCommand& command : scan_shell(line.text())) {
      for (const ShellReference& reference : command.references) look_at_reference(line, command, reference);
    }
  }

  void look_at_reference(const Node& line, const ShellCommand& command, const ShellReference& reference) {
    if (!reference.bare) return;
    const std::string name(reference.name);
    const VariableUse use{&line, reference.offset, reference.length};
    variables_.used.emplace(name, use);
    if (report_.is_full()) return;
    if (shows_its_words(command) && (variables_.secrets.contains(name) || is_secret_name(name))) {
      report_.warning("secret-in-log", use.place(), "this prints `" + name + "` into the job's log").help =
          "a masked value can still leak in another form; test that it is set with `[ -n \"$" + name + "\" ]`";
    }
    const bool free_text = is_one_of(name, kFreeTexts);
    if (!free_text && !is_one_of(name, kRefNames)) return;
    if (runs_text(command)) {
      report_
          .warning("untrusted-text", use.place(),
                   "whoever writes `" + name + "` has it run here: `" + std::string(command.words.front()) +
                       "` takes it as part of a program")
          .help = "hand it over as an argument or through the environment, and refer to it inside of single quotes";
    } else if (free_text && reference.quotes == Quotes::none && !reference.in_test && !command.words.empty()) {
      report_
          .warning("untrusted-text", use.place(),
                   "`" + name + "` without quotes is split into words and matched with file names")
          .help = "write `\"$" + name + "\"`";
    }
  }

  Report& report_;
  VariableFacts& variables_;
};

/// The tag of an image's name; nothing where it can't be told, or where a digest says more.
std::optional<std::string_view> tag_of(std::string_view image) {
  if (image.empty() || image.find('@') != std::string_view::npos || image.find('$') != std::string_view::npos)
    return std::nullopt;
  const std::string_view last = image.substr(image.rfind('/') + 1);
  const size_t colon = last.find(':');
  return colon == std::string_view::npos ? std::string_view() : last.substr(colon + 1);
}

/// GitLab's own macOS machines have their version in their name: `macos-15-xcode-16`.
bool is_machine(std::string_view image) {
  return image.starts_with("macos-") && image.find('/') == std::string_view::npos;
}

}  // namespace

void advise_on_image(Report& report, const Node& node) {
  const Node* name = name_in(node);
  if (name == nullptr || !name->is_string()) return;
  constexpr std::array<std::string_view, 8> kMoving = {"latest", "stable", "edge", "nightly",
                                                       "main",   "master", "dev",  "rolling"};
  const std::optional<std::string_view> tag = tag_of(name->text());
  if (!tag || is_machine(name->text()) || !(tag->empty() || is_one_of(*tag, kMoving))) return;
  report
      .warning("floating-image", name->span(),
               tag->empty() ? "image `" + std::string(name->text()) + "` has no tag, so it means `latest`"
                            : "what `" + std::string(name->text()) + "` means changes by itself")
      .help = "name a version (`python:3.12`), or a digest (`@sha256:…`)";
}

void advise_on_services(Report& report, const Node& node) {
  for (const Node* service : flat_items(node)) advise_on_image(report, *service);
}

void advise_on_script(Report& report, const Node& node, VariableFacts& variables) {
  ScriptAdvice(report, variables).look_at(node);
}

}  // namespace penstock::gitlab
