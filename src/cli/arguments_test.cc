#include "cli/arguments.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace penstock {
namespace {

template <class T>
T parsed(const std::vector<std::string>& words) {
  auto result = parse_arguments(words);
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
  return result.ok() && std::holds_alternative<T>(result->command) ? std::get<T>(result->command) : T{};
}

Error mistake(const std::vector<std::string>& words) {
  auto result = parse_arguments(words);
  EXPECT_FALSE(result.ok());
  return result.ok() ? Error{} : result.error();
}

TEST(ArgumentsTest, RunTakesJobsAndOptionsInAnyOrder) {
  const auto run = parsed<RunArguments>(
      {"run", "--pipeline", "release", "unit", "-e", "A=1", "lint", "-e", "B=x=y", "-j", "3", "--worktree"});
  EXPECT_EQ(run.choice.pipeline, "release");
  EXPECT_EQ(run.jobs, (std::vector<std::string>{"unit", "lint"}));
  EXPECT_EQ(run.choice.variables, (std::vector<std::pair<std::string, std::string>>{{"A", "1"}, {"B", "x=y"}}));
  EXPECT_EQ(run.slots, 3);
  EXPECT_TRUE(run.choice.worktree);
}

TEST(ArgumentsTest, JobsMayBeCalledLikeCommands) {
  EXPECT_EQ(parsed<RunArguments>({"run", "list", "run", "lint"}).jobs,
            (std::vector<std::string>{"list", "run", "lint"}));
}

TEST(ArgumentsTest, GlobalOptionsStandBeforeOrAfterTheCommand) {
  for (const auto& words : {std::vector<std::string>{"-C", "/x", "list"}, {"list", "-C", "/x"}}) {
    const auto result = parse_arguments(words);
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result->folder, "/x");
    EXPECT_TRUE(std::holds_alternative<ListArguments>(result->command));
  }
}

TEST(ArgumentsTest, PlayIsApproveUnderAnotherName) {
  EXPECT_EQ(parsed<GateArguments>({"play", "ship"}).name, "ship");
  EXPECT_TRUE(parsed<GateArguments>({"reject", "production", "-m", "no"}).reject);
}

TEST(ArgumentsTest, AnUnknownCommandSuggestsTheNearest) {
  const Error error = mistake({"aprove", "production"});
  EXPECT_EQ(error.fault, Fault::user);
  EXPECT_EQ(error.message, "`aprove` is not a command of ci");
  EXPECT_EQ(error.help, "did you mean `approve`?");
}

TEST(ArgumentsTest, SoDoesAnUnknownCommandOfACommand) {
  const Error error = mistake({"env", "hsitory", "production"});
  EXPECT_EQ(error.message, "`hsitory` is not a command of ci env");
  EXPECT_EQ(error.help, "did you mean `history`?");
  EXPECT_EQ(mistake({"releases", "production"}).help, "there are show");
}

TEST(ArgumentsTest, AnUnknownOptionSuggestsTheNearest) {
  const Error error = mistake({"run", "--pipelin=release"});
  EXPECT_EQ(error.message, "`--pipelin=release` is not an option of ci run");
  EXPECT_EQ(error.help, "did you mean `--pipeline`?");
}

TEST(ArgumentsTest, AVariableWithoutAValueIsAMistake) {
  EXPECT_NE(mistake({"run", "-e", "A"}).message.find("KEY=VALUE"), std::string::npos);
}

TEST(ArgumentsTest, ANumberThatIsNoneIsAMistake) {
  EXPECT_EQ(parsed<ShowArguments>({"show", "7"}).run, 7);
  for (const char* word : {"abc", "0", "7x", "99999999999999999999"}) {
    const std::string told = mistake({"show", word}).message;
    const std::string words = std::string("takes a whole number from 1, not `") + word + "`";
    EXPECT_NE(told.find(words), std::string::npos) << told;
    EXPECT_NE(mistake({"analysis", "replay", word}).message.find(words), std::string::npos);
    EXPECT_NE(mistake({"releases", "-n", word}).message.find(words), std::string::npos);
  }
}

TEST(ArgumentsTest, EveryCommandHasHelpWithAnExample) {
  for (const std::string& name : command_names()) {
    const std::string help = parsed<PrintArguments>({name, "--help"}).text;
    EXPECT_NE(help.find("Example:\n  "), std::string::npos) << name;
    EXPECT_NE(help.find("ci " + name), std::string::npos) << name;
  }
}

TEST(ArgumentsTest, WithoutACommandTheHelpIsPrinted) {
  for (const auto& words : {std::vector<std::string>{}, {"--help"}, {"-h"}}) {
    const std::string help = parsed<PrintArguments>(words).text;
    for (const std::string& name : command_names()) EXPECT_NE(help.find(name), std::string::npos) << name;
  }
}

TEST(ArgumentsTest, CompletionKnowsTheOptionsOfACommand) {
  const auto names = option_names("run");
  EXPECT_NE(std::find(names.begin(), names.end(), "--keep-going"), names.end());
  EXPECT_NE(std::find(names.begin(), names.end(), "--color"), names.end());
}

TEST(ArgumentsTest, NoPositionalIsCalledLikeAnOption) {
  // CLI11 takes them for one from 2.4 on, and throws.
  for (const std::string& command : command_names()) {
    const std::string help = parsed<PrintArguments>({command, "--help"}).text;
    const size_t start = help.find("Positionals:\n");
    if (start == std::string::npos) continue;
    const size_t name = help.find_first_not_of(' ', help.find('\n', start) + 1);
    const std::string positional = help.substr(name, help.find_first_of(" \n", name) - name);
    for (const std::string& option : option_names(command)) EXPECT_NE(option, "--" + positional) << command;
  }
}

TEST(ArgumentsTest, RequiredNamesAreAskedFor) {
  EXPECT_EQ(mistake({"why"}).fault, Fault::user);
  EXPECT_EQ(mistake({"secrets"}).fault, Fault::user);
  EXPECT_EQ(mistake({"secrets", "set"}).fault, Fault::user);
}

}  // namespace
}  // namespace penstock
