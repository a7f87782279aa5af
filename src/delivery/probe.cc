#include "delivery/probe.h"

#include <re2/re2.h>

#include "net/connect.h"
#include "net/http.h"

namespace penstock {
namespace {

/// More of a body than this is not looked at.
constexpr size_t kBodyLimit = size_t{1} << 20;

bool status_is_fine(const Probe::Http& probe, int status) {
  return probe.status == 0 ? status >= 200 && status < 400 : status == probe.status;
}

bool body_is_fine(const Probe::Http& probe, const std::string& body) {
  if (probe.body.empty()) return true;
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 pattern(probe.body, options);
  return pattern.ok() && RE2::PartialMatch(body, pattern);
}

}  // namespace

ProbeResult judge_answer(const Probe::Http& probe, const net::HttpResponse& answer) {
  const std::string what = "GET " + probe.path + ": " + std::to_string(answer.status);
  if (!status_is_fine(probe, answer.status)) {
    return {false, probe.status == 0 ? what : what + ", not " + std::to_string(probe.status)};
  }
  if (const auto& [name, value] = probe.expect_header; !name.empty()) {
    const std::string* header = answer.header(name);
    if (header == nullptr) return {false, what + " without the header " + name};
    if (*header != value) return {false, what + " with the header " + name + ": " + *header + ", not " + value};
  }
  if (!body_is_fine(probe, answer.body)) return {false, what + ", and its body doesn't hold `" + probe.body + "`"};
  return {true, what};
}

ProbeResult probe_http(const Probe::Http& probe, const ProbePlace& place, Duration timeout) {
  const bool v6 = place.host.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + place.host + "]" : place.host;
  net::HttpRequest request;
  request.url = "http://" + host + ":" + std::to_string(place.port) + probe.path;
  request.unix_socket = place.unix_socket;
  request.headers = probe.headers;
  request.headers.emplace_back("User-Agent", "penstock");
  request.body_limit = probe.body.empty() ? 0 : kBodyLimit;
  request.cut_body = true;
  request.timeout = timeout;
  const Result<net::HttpResponse> answer = net::exchange_directly(request);
  if (!answer.ok()) return {false, "GET " + probe.path + ": " + answer.error().message};
  return judge_answer(probe, *answer);
}

ProbeResult probe_tcp(const ProbePlace& place, Duration timeout) {
  const net::Patience patience(timeout, {});
  const Result<os::UniqueFd> socket = place.unix_socket.empty() ? net::connect_tcp(place.host, place.port, patience)
                                                                : net::connect_unix(place.unix_socket, patience);
  const std::string what = "connect to port " + std::to_string(place.port);
  if (!socket.ok()) return {false, what + ": " + socket.error().message};
  return {true, what};
}

}  // namespace penstock
