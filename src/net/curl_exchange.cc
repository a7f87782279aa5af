#include "net/curl_exchange.h"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "net/curl_library.h"
#include "net/public_address.h"

namespace penstock::net {
namespace {

/// What libcurl's callbacks work on.
struct Exchange {
  const HttpRequest& request;
  HttpResponse response;
  bool too_long = false;
  bool refused = false;
};

size_t on_body(char* bytes, size_t, size_t count, void* user) {
  Exchange& exchange = *static_cast<Exchange*>(user);
  const size_t room = exchange.request.body_limit - exchange.response.body.size();
  exchange.response.body.append(bytes, std::min(room, count));
  if (count <= room) return count;
  exchange.too_long = true;
  return 0;  // ends the transfer
}

size_t on_header(char* bytes, size_t, size_t count, void* user) {
  Exchange& exchange = *static_cast<Exchange*>(user);
  std::string_view line(bytes, count);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.substr(0, 5) == "HTTP/") {  // of each answer on the way: the last counts
    exchange.response.headers.clear();
    exchange.response.body.clear();
  } else if (const size_t colon = line.find(':'); colon != std::string_view::npos) {
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    exchange.response.headers.emplace_back(line.substr(0, colon), value);
  }
  return count;
}

/// Asked for each connection with the address that the name led to, so that no name can be public when it is checked
/// and private when it is used.
curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  Exchange& exchange = *static_cast<Exchange*>(user);
  if (exchange.request.public_only && exchange.request.unix_socket.empty() && !is_public(&address->addr)) {
    exchange.refused = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// One transfer's handles.
class Transfer {
 public:
  explicit Transfer(const CurlLibrary& curl) : curl_(curl), easy_(curl.easy_init()), multi_(curl.multi_init()) {}
  ~Transfer() {
    if (easy_ != nullptr && multi_ != nullptr) curl_.multi_remove_handle(multi_, easy_);
    if (easy_ != nullptr) curl_.easy_cleanup(easy_);
    if (multi_ != nullptr) curl_.multi_cleanup(multi_);
    curl_.slist_free_all(headers_);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  [[nodiscard]] bool valid() const { return easy_ != nullptr && multi_ != nullptr; }

  void prepare(Exchange& exchange) {
    const HttpRequest& request = exchange.request;
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    set(CURLOPT_FOLLOWLOCATION, request.redirects > 0 ? 1L : 0L);
    set(CURLOPT_MAXREDIRS, static_cast<long>(request.redirects));
    // By number: the options that take names came with libcurl 7.85, these work in all.
    set(CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    set(CURLOPT_REDIR_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    if (!request.unix_socket.empty()) set(CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
    if (!request.certificates.empty()) set(CURLOPT_CAINFO, request.certificates.c_str());
    // A proxy would connect to where we can't see.
    if (request.public_only) set(CURLOPT_PROXY, "");
    set_method(request);
    for (const auto& [name, value] : request.headers)
      headers_ = curl_.slist_append(headers_, (name + ": " + value).c_str());
    headers_ = curl_.slist_append(headers_, "Expect:");
    set(CURLOPT_HTTPHEADER, headers_);
    set(CURLOPT_WRITEFUNCTION, on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
    set(CURLOPT_HEADERFUNCTION, on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(&exchange));
    set(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(&exchange));
  }

  /// Its end; nothing where it was told to stop.
  std::optional<CURLcode> run(const std::stop_token& stop) {
    const std::stop_callback wake(stop, [this] { curl_.multi_wakeup(multi_); });
    if (curl_.multi_add_handle(multi_, easy_) != CURLM_OK) return CURLE_FAILED_INIT;
    while (!stop.stop_requested()) {
      int running = 0;
      if (curl_.multi_perform(multi_, &running) != CURLM_OK) return CURLE_FAILED_INIT;
      int left = 0;
      while (const CURLMsg* message = curl_.multi_info_read(multi_, &left)) {
        if (message->msg == CURLMSG_DONE) return message->data.result;
      }
      if (curl_.multi_poll(multi_, nullptr, 0, 1000, nullptr) != CURLM_OK) return CURLE_FAILED_INIT;
    }
    return std::nullopt;
  }

  int status() {
    long code = 0;
    curl_.easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &code);
    return static_cast<int>(code);
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    curl_.easy_setopt(easy_, option, value);
  }

  void set_method(const HttpRequest& request) {
    if (request.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
    } else if (request.method != "GET" || !request.body.empty()) {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(CURLOPT_POSTFIELDS, request.body.c_str());
      set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
  }

  const CurlLibrary& curl_;
  CURL* easy_;
  CURLM* multi_;
  curl_slist* headers_ = nullptr;
};

Result<HttpResponse> outcome(CURLcode code, Exchange exchange, const CurlLibrary& curl) {
  const HttpRequest& request = exchange.request;
  if (exchange.refused) {
    return Error{Fault::user, "the address isn't one of the public internet",
                 "allow private addresses, or use another"};
  }
  if (exchange.too_long && !request.cut_body) {
    return Error{Fault::machine, "the answer is longer than " + std::to_string(request.body_limit) + " bytes", ""};
  }
  if (code == CURLE_OK || exchange.too_long) return std::move(exchange.response);
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return Error{Fault::machine, "no answer within " + to_words(request.timeout), ""};
  }
  if (code == CURLE_TOO_MANY_REDIRECTS) return Error{Fault::machine, "it redirects too often", ""};
  return Error{Fault::machine, curl.easy_strerror(code), ""};
}

}  // namespace

Result<HttpResponse> exchange_by_curl(const HttpRequest& request) {
  PENSTOCK_TRY(const CurlLibrary* curl, curl_library());
  Transfer transfer(*curl);
  if (!transfer.valid()) return Error{Fault::machine, "libcurl has no memory left", ""};
  Exchange exchange{request, {}};
  transfer.prepare(exchange);
  const std::optional<CURLcode> code = transfer.run(request.stop);
  if (!code) return Error{Fault::machine, "stopped", ""};
  exchange.response.status = transfer.status();
  return outcome(*code, std::move(exchange), *curl);
}

}  // namespace penstock::net
