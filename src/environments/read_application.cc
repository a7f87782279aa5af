#include <algorithm>
#include <array>

#include "base/variable_name.h"
#include "base/words.h"
#include "environments/readers.h"

namespace penstock::environments {
namespace {

constexpr std::array<std::string_view, 8> kSignals = {"TERM", "INT", "QUIT", "HUP", "USR1", "USR2", "WINCH", "KILL"};
/// Set by Penstock for each instance; a variable of the same name would be lost.
constexpr std::array<std::string_view, 3> kOwnVariables = {"PORT", "RELEASE", "INSTANCE"};

void check_variable(Report& report, const Node& at, std::string_view name) {
  if (name.empty()) return;  // that is told already
  if (!is_variable_name(name)) {
    report.error("invalid-name", at.span(), quoted(name) + " can't be the name of a variable").help =
        "use letters, digits and underscores, beginning with a letter";
  } else if (std::find(kOwnVariables.begin(), kOwnVariables.end(), name) != kOwnVariables.end()) {
    report.error("reserved-name", at.span(), quoted(name) + " is set by Penstock for each instance");
  }
}

void read_stop(Fields& application, ApplicationSpec& spec) {
  const Node* node = application.find("stop");
  if (node == nullptr) return;
  Fields stop(application.report(), *node, "`stop`");
  stop.word("signal", spec.stop_signal, kSignals);
  stop.duration("within", spec.stop_within, Duration(0), kDay);
  stop.finish();
}

void read_secrets(Fields& application, ApplicationSpec& spec) {
  const Node* secrets = application.find("secrets");
  if (secrets == nullptr) return;
  spec.secrets = read_texts(application.report(), *secrets, "`secrets`");
  if (secrets->is_string()) check_variable(application.report(), *secrets, secrets->text());
  for (const Node* item : secrets->items()) {
    if (item->is_scalar()) check_variable(application.report(), *item, item->text());
  }
  for (const auto& [name, value] : spec.variables) {
    if (std::find(spec.secrets.begin(), spec.secrets.end(), name) == spec.secrets.end()) continue;
    application.report().error("conflicting-keywords", secrets->span(),
                               quoted(name) + " is a secret and a variable at a time");
  }
}

}  // namespace

void read_application(Fields& fields, EnvironmentSpec& spec) {
  const Node* node = fields.find("application");
  if (node == nullptr) return;
  Fields application(fields.report(), *node, "`application`");
  ApplicationSpec& app = spec.application;
  application.text("artifact", app.artifact);
  if (std::holds_alternative<CommandsTarget>(spec.target)) {
    for (std::string_view key : {"python", "constraints", "run"}) {
      if (application.find(key) == nullptr) continue;
      fields.report()
          .error("conflicting-keywords", node->find_entry(key)->key->span(),
                 quoted(key) + " of `application` belongs to `target: hosts`")
          .help = "with `target: commands`, `commands: start` and `commands: stop` do that";
    }
  } else {
    application.text("python", app.python);
    application.text("constraints", app.constraints);
    if (!application.text("run", app.run))
      application.missing("run", "add `run: gunicorn --bind 127.0.0.1:$PORT app:app`");
  }
  application.text("prepare", app.prepare);
  read_stop(application, app);
  if (application.pairs("variables", app.variables)) {
    for (const yaml::Entry& entry : node->find("variables")->entries())
      check_variable(fields.report(), *entry.key, entry.key->text());
  }
  read_secrets(application, app);
  application.finish();
}

}  // namespace penstock::environments
