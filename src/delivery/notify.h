#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/actor.h"
#include "base/result.h"
#include "base/time.h"
#include "delivery/workers.h"
#include "environments/environment_spec.h"

namespace penstock {

/// Something about a rollout that somebody may want to be told.
struct RolloutNews {
  enum class What { started, waiting, promoted, taken_back, failed };
  What what = What::started;
  std::string environment;
  std::string url;
  std::string release;   ///< Release::id.
  std::string name;      ///< Release::name.
  std::string previous;  ///< The name of the release that was live before.
  std::string commit;
  std::string subject;
  Actor by;
  std::string reason;  ///< What it waits for, or why it was taken back.
  std::string rollout;
  Instant at;
};

/// As in Notification::on.
std::string_view to_string(RolloutNews::What what);
/// Our own form: an object with the members above, empty ones left out.
std::string to_json(const RolloutNews& news);
/// Slack's form: `{"text": …}`, one sentence, what came from outside escaped as Slack asks.
std::string to_slack_json(const RolloutNews& news);

/// Posts news to webhooks, in the background and in bounded time. One that can't be told is a warning, never more.
class Notifier {
 public:
  /// `secret` answers the value of `$NAME` in an address.
  Notifier(std::vector<Notification> notifications, std::function<Result<std::string>(const std::string&)> secret);
  /// Waits for what is being told.
  ~Notifier() { wait(); }
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// Tells those who want to know; returns at once. The news of one webhook arrive in order.
  void tell(const RolloutNews& news);
  /// Until all has been told, or couldn't be; `tell` no more.
  void wait() { workers_.reset(); }
  /// `could not tell https://hooks.example.org of production: status 404`. No address is shown whole: it may be a
  /// secret.
  std::vector<std::string> take_warnings();

 private:
  void post(const Notification& notification, const RolloutNews& news);

  const std::vector<Notification> notifications_;
  const std::function<Result<std::string>(const std::string&)> secret_;
  std::mutex mutex_;
  std::vector<std::string> warnings_;
  std::unique_ptr<Workers> workers_ = std::make_unique<Workers>(4);
};

}  // namespace penstock
