#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <string>

#include "base/json_writer.h"
#include "cli/commands.h"
#include "cli/project.h"
#include "cli/table.h"
#include "cli/when.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/terminal.h"
#include "secrets/secret_file.h"

namespace penstock {
namespace {

constexpr size_t kLongestSecret = size_t{1} << 20;

/// What the terminal shows of what is typed, switched off while this lives.
class NoEcho {
 public:
  explicit NoEcho(int fd) : fd_(fd), known_(tcgetattr(fd, &before_) == 0) {
    if (!known_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(fd_, TCSAFLUSH, &quiet);
  }
  ~NoEcho() {
    if (known_) tcsetattr(fd_, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  int fd_;
  termios before_{};
  bool known_;
};

Result<std::string> ask(const std::string& name, const Output& err) {
  err.write("value of " + name + " (not shown): ");
  const NoEcho quiet(STDIN_FILENO);
  std::string value;
  for (char c = 0; read(STDIN_FILENO, &c, 1) == 1 && c != '\n' && value.size() < kLongestSecret;) value += c;
  err.write("\n");
  return value;
}

/// From a file as it is; from standard input without the last line break, which `echo` and editors add.
Result<std::string> read_value(const SecretsArguments& arguments, const World& world) {
  if (!arguments.file.empty()) return os::read_file(world.folder / arguments.file, kLongestSecret);
  if (os::is_terminal(STDIN_FILENO)) return ask(arguments.name, world.outputs.err);
  PENSTOCK_TRY(std::string value, os::read_all(STDIN_FILENO, kLongestSecret));
  if (value.ends_with('\n')) value.pop_back();
  return value;
}

Result<> set(SecretFile& secrets, const SecretsArguments& arguments, const World& world) {
  PENSTOCK_TRY(const Sealer sealer, open_sealer());
  PENSTOCK_TRY(const std::string value, read_value(arguments, world));
  if (value.empty())
    return Error{Fault::user, "the value of `" + arguments.name + "` is empty",
                 "pipe it in, or name a file with --file"};
  return secrets.set(sealer, arguments.name, value, world.clock.now());
}

Result<> list(const SecretFile& secrets, const SecretsArguments& arguments, const World& world) {
  PENSTOCK_TRY(const std::vector<SecretFile::Entry> entries, secrets.list());
  const Output& out = world.outputs.out;
  if (arguments.json) {
    std::string text;
    JsonWriter json(text, 2);
    json.begin_array();
    for (const auto& entry : entries)
      json.begin_object().member("name", entry.name).member("set_at", to_iso8601(entry.set_at)).end_object();
    json.end_array();
    out.write(text + "\n");
  } else if (entries.empty()) {
    world.outputs.hint("no secrets yet; set one with: ci secrets set NAME");
  } else {
    Table table({{"NAME"}, {"SET"}});
    for (const auto& entry : entries) table.add({entry.name, to_when(entry.set_at, world.clock.now())});
    out.write(table.render(out.style, out.width()));
  }
  return success();
}

Result<> carry_out(const SecretsArguments& arguments, const World& world) {
  PENSTOCK_TRY(const Project project, find_project(world));
  SecretFile secrets(project.secrets_file());
  switch (arguments.verb) {
    case SecretsArguments::Verb::set:
      return set(secrets, arguments, world);
    case SecretsArguments::Verb::list:
      return list(secrets, arguments, world);
    case SecretsArguments::Verb::remove:
      return secrets.remove(arguments.name);
  }
  return success();
}

}  // namespace

int execute(const SecretsArguments& arguments, World& world) {
  const auto done = carry_out(arguments, world);
  return done ? kPassed : world.fail(done.error());
}

}  // namespace penstock
