#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "analysis/analysis_spec.h"
#include "base/source.h"
#include "base/time.h"
#include "calendar/freeze_window.h"
#include "rollout/spec.h"

namespace penstock {

/// How an instance is looked at.
struct Probe {
  struct Http {
    std::string path = "/";
    int status = 0;    ///< 0: any of 200 to 399.
    std::string body;  ///< A regular expression (RE2) that the body must hold; empty: any.
    std::vector<std::pair<std::string, std::string>> headers;  ///< Sent.
    std::pair<std::string, std::string> expect_header;         ///< Of the answer; empty: any.
    friend bool operator==(const Http&, const Http&) = default;
  };
  struct Tcp {
    friend bool operator==(const Tcp&, const Tcp&) = default;
  };
  struct Command {
    std::string command;  ///< Run on the instance's host with its variables; ready where it exits 0.
    friend bool operator==(const Command&, const Command&) = default;
  };
  std::variant<Http, Tcp, Command> what = Tcp{};

  friend bool operator==(const Probe&, const Probe&) = default;
};

/// What runs as one instance.
struct ApplicationSpec {
  std::string artifact;  ///< Distribution name of the wheel, or a file pattern; empty: the release's only artifact.
  std::string python = "python3";  ///< Interpreter on the host, for a wheel.
  std::string constraints;         ///< pip's constraints for what the wheel depends on: a file of its commit.
  std::string run;                 ///< Command line (`sh`), with $PORT, $RELEASE, $INSTANCE and the environment below.
  std::string prepare;             ///< Once a host and release, after its installation (migrations belong in a hook).
  std::vector<std::pair<std::string, std::string>> variables;
  std::vector<std::string> secrets;  ///< Names; the values reach the instance through files that only it can read.
  std::string stop_signal = "TERM";
  Duration stop_within{std::chrono::seconds(30)};

  friend bool operator==(const ApplicationSpec&, const ApplicationSpec&) = default;
};

/// HAProxy, reached through its runtime API.
struct HaproxySpec {
  std::string host;     ///< Where it runs; one of the hosts, another that ssh knows, or `local`.
  std::string listen;   ///< `:80`, `127.0.0.1:8000`.
  std::string preview;  ///< Where blue-green's preview listens; empty: none.
  std::string socket;   ///< Of a HAProxy that is found running; empty: one is configured and started by us.
  std::string backend;  ///< Of a found one.
  bool http = true;     ///< Else TCP.

  friend bool operator==(const HaproxySpec&, const HaproxySpec&) = default;
};

/// The user's own way to steer traffic: run with the split as JSON on its standard input.
struct TrafficCommand {
  std::string command;
  friend bool operator==(const TrafficCommand&, const TrafficCommand&) = default;
};

/// Machines over ssh, or this one.
struct HostsTarget {
  enum class Service { systemd, supervisor };
  Service service = Service::systemd;
  bool user_units = false;  ///< systemd's user manager: needs no root.
  std::string folder;       ///< Where releases lie; empty: /var/lib/penstock/ENV.
  std::vector<std::string> ssh_options;

  friend bool operator==(const HostsTarget&, const HostsTarget&) = default;
};

/// Scripts of the user's for everything. Each is run with the instance's facts in its environment.
struct CommandsTarget {
  std::string start;
  std::string stop;
  std::string check;
  std::string shift;    ///< Gets the split as JSON on standard input; empty: nothing steers traffic.
  std::string observe;  ///< Prints the standing instances as JSON; empty: what our journal says.
  std::string folder;   ///< Of the ledger: `PATH` or `HOST:PATH`.

  friend bool operator==(const CommandsTarget&, const CommandsTarget&) = default;
};

struct ApprovalRule {
  int required = 0;               ///< 0: nobody is asked.
  std::vector<std::string> from;  ///< Names, addresses or groups (`groups:` of the file); empty: anybody.
  std::optional<bool> author;     ///< May the commit's author? Nothing: as identity is proved (no) or not (yes).
  std::optional<bool> starter;    ///< May who started it?

  friend bool operator==(const ApprovalRule&, const ApprovalRule&) = default;
};

enum class EnvironmentQueue { unordered, oldest_first, newest_only, newest_ready_first };

struct Notification {
  std::string url;              ///< May be `$SECRET_NAME`.
  bool slack = false;           ///< Slack's form, else our JSON.
  std::vector<std::string> on;  ///< started, waiting, promoted, taken_back, failed; empty: all.

  friend bool operator==(const Notification&, const Notification&) = default;
};

/// One of several services that an environment is made up of.
struct ServiceSpec {
  std::string name;                ///< Its own environment is ENVIRONMENT/NAME.
  std::vector<std::string> after;  ///< Those that must be live before it is rolled out.
  friend bool operator==(const ServiceSpec&, const ServiceSpec&) = default;
};

/// One environment of `.ci/environments.yml`.
struct EnvironmentSpec {
  std::string name;
  SourceLocation location;
  std::string tier;  ///< As written, else as GitLab derives it from the name.
  std::string url;
  /// Nothing: the environment is only named and described, scripts of jobs deploy to it.
  std::variant<std::monostate, HostsTarget, CommandsTarget> target;
  ApplicationSpec application;
  Probe readiness;
  std::optional<Probe> liveness;
  RolloutSpec rollout;  ///< Strategy, hosts and ports, instances, health policy, drain, bake, deadline.
  std::variant<std::monostate, HaproxySpec, TrafficCommand> traffic;
  std::map<std::string, std::string> hooks;  ///< By point (RolloutSpec::hooks): a command on this machine.
  AnalysisSpec analysis;
  ApprovalRule approvals;
  std::vector<FreezeWindow> freezes;
  EnvironmentQueue queue = EnvironmentQueue::newest_ready_first;
  std::optional<Duration> auto_stop;
  int keep_releases = 5;
  std::vector<Notification> notify;
  /// In the order in which they are rolled out. With some, this environment has no target of its own: each of them is
  /// an environment beside it, with all that one has.
  std::vector<ServiceSpec> services;

  friend bool operator==(const EnvironmentSpec&, const EnvironmentSpec&) = default;
};

/// The whole file.
struct EnvironmentsFile {
  std::map<std::string, std::vector<std::string>> groups;  ///< People by group, for approvals.
  std::vector<EnvironmentSpec> environments;               ///< As written, templates (hidden entries) left out.

  friend bool operator==(const EnvironmentsFile&, const EnvironmentsFile&) = default;
};

}  // namespace penstock
