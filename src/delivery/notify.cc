#include "delivery/notify.h"

#include <algorithm>
#include <utility>

#include "base/json_writer.h"
#include "net/http.h"
#include "net/url.h"

namespace penstock {
namespace {

constexpr Duration kLimit{5'000};

bool wants(const Notification& notification, RolloutNews::What what) {
  return notification.on.empty() ||
         std::find(notification.on.begin(), notification.on.end(), to_string(what)) != notification.on.end();
}

/// Slack's three characters with a meaning.
std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&') {
      safe += "&amp;";
    } else if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string sentence(const RolloutNews& news) {
  const std::string what = "*" + escaped(news.name) + "*";
  const std::string where = "*" + escaped(news.environment) + "*";
  const std::string why = news.reason.empty() ? "" : ": " + escaped(news.reason);
  switch (news.what) {
    case RolloutNews::What::started:
      return what + " goes to " + where + (news.by.name.empty() ? "" : ", started by " + escaped(news.by.name));
    case RolloutNews::What::waiting:
      return what + " waits on its way to " + where + why;
    case RolloutNews::What::promoted:
      return what + " is live on " + where + (news.url.empty() ? "" : " (" + escaped(news.url) + ")");
    case RolloutNews::What::taken_back:
      return what + " was taken back from " + where +
             (news.previous.empty() ? "" : ", *" + escaped(news.previous) + "* serves") + why;
    case RolloutNews::What::failed:
      return what + " failed on " + where + ", and taking it back did not work everywhere" + why;
  }
  return {};
}

/// Scheme and host: all of an address that may be shown.
std::string shown(const std::string& address) {
  const Result<net::Url> url = net::parse_url(address);
  return url.ok() ? url->scheme + "://" + url->authority() : "a webhook";
}

}  // namespace

std::string_view to_string(RolloutNews::What what) {
  switch (what) {
    case RolloutNews::What::started:
      return "started";
    case RolloutNews::What::waiting:
      return "waiting";
    case RolloutNews::What::promoted:
      return "promoted";
    case RolloutNews::What::taken_back:
      return "taken_back";
    case RolloutNews::What::failed:
      return "failed";
  }
  return "";
}

std::string to_json(const RolloutNews& news) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("what", to_string(news.what)).member("at", to_iso8601(news.at));
  const std::pair<const char*, const std::string&> members[] = {
      {"environment", news.environment}, {"url", news.url},         {"release", news.release}, {"name", news.name},
      {"previous", news.previous},       {"commit", news.commit},   {"subject", news.subject}, {"by", news.by.name},
      {"reason", news.reason},           {"rollout", news.rollout},
  };
  for (const auto& [name, value] : members) {
    if (!value.empty()) json.member(name, value);
  }
  json.end_object();
  return text;
}

std::string to_slack_json(const RolloutNews& news) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("text", sentence(news)).end_object();
  return text;
}

Notifier::Notifier(std::vector<Notification> notifications,
                   std::function<Result<std::string>(const std::string&)> secret)
    : notifications_(std::move(notifications)), secret_(std::move(secret)) {}

void Notifier::tell(const RolloutNews& news) {
  for (const Notification& notification : notifications_) {
    if (!wants(notification, news.what)) continue;
    workers_->run_in(notification.url, [this, &notification, news] { post(notification, news); });
  }
}

void Notifier::post(const Notification& notification, const RolloutNews& news) {
  const auto warn = [&](const std::string& whom, const std::string& why) {
    const std::lock_guard lock(mutex_);
    warnings_.push_back("could not tell " + whom + " of " + news.environment + ": " + why);
  };
  net::HttpRequest request;
  request.url = notification.url;
  if (!request.url.empty() && request.url.front() == '$') {
    const Result<std::string> address = secret_ ? secret_(request.url.substr(1)) : Error{Fault::user, "no secrets", ""};
    if (!address.ok()) return warn("`" + notification.url + "`", address.error().message);
    request.url = *address;
  }
  request.method = "POST";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = notification.slack ? to_slack_json(news) : to_json(news);
  request.body_limit = 4096;
  request.cut_body = true;
  request.timeout = kLimit;
  const Result<net::HttpResponse> answer = net::exchange(request);
  if (!answer.ok()) return warn(shown(request.url), answer.error().message);
  if (answer->status / 100 != 2) warn(shown(request.url), "status " + std::to_string(answer->status));
}

std::vector<std::string> Notifier::take_warnings() {
  const std::lock_guard lock(mutex_);
  return std::exchange(warnings_, {});
}

}  // namespace penstock
