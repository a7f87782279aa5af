#include "includes/image_registry.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "includes/docker_config.h"
#include "includes/guarded_exchange.h"
#include "net/http.h"

namespace penstock {
namespace {

using nlohmann::json;

constexpr Duration kTimeout = std::chrono::seconds(15);
constexpr size_t kLargest = size_t{4} << 20;  // Of a manifest, as the specification has it.
constexpr std::string_view kSha256 = "sha256:";
constexpr std::string_view kManifests =
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || std::string_view("-._~:/").find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return encoded;
}

Result<std::string> digest_in(std::string_view text, const std::string& whose) {
  if (text.starts_with(kSha256) && digest_from_hex(text.substr(kSha256.size())))
    return std::string(text.substr(kSha256.size()));
  return Error{Fault::machine, whose + " tells no SHA-256 of it", ""};
}

std::string reference_of(const ImageName& name) {
  if (!name.sha256.empty()) return std::string(kSha256) + name.sha256;
  return name.tag.empty() ? "latest" : name.tag;
}

Error refusal(const std::string& registry, int status) {
  Error error{Fault::machine, registry + " answers " + std::to_string(status), ""};
  if (status == 401 || status == 403) error.help = "log in there with: docker login " + registry;
  if (status == 404) error.help = "look whether the image's name is right";
  return error;
}

}  // namespace

std::string challenge_parameter(std::string_view challenge, std::string_view name) {
  size_t at = challenge.find(' ');
  while (at != std::string_view::npos && at < challenge.size()) {
    at = challenge.find_first_not_of(" ,\t", at);
    const size_t equals = challenge.find('=', at);
    if (at == std::string_view::npos || equals == std::string_view::npos) break;
    const std::string_view key = challenge.substr(at, equals - at);
    const bool quoted = challenge.substr(equals + 1).starts_with('"');
    const size_t begin = equals + (quoted ? 2 : 1);
    const size_t end = std::min(challenge.find(quoted ? '"' : ',', begin), challenge.size());
    if (net::same_word(key, name)) return std::string(challenge.substr(std::min(begin, challenge.size()), end - begin));
    at = end + 1;
  }
  return {};
}

Result<std::string> ImageRegistry::digest_of(const ImageName& name) {
  if (!name.sha256.empty()) return name.sha256;
  if (surroundings_.settings.offline) return Error{Fault::user, "nobody is asked (--offline)", ""};
  const auto began = std::chrono::steady_clock::now();
  deadline_ = began + std::min(kTimeout, left_);
  const std::string& usual = surroundings_.settings.registry;
  Result<std::string> digest = Error{Fault::user, "", ""};
  if (!name.registry.empty()) {
    digest = ask_registry(name.registry, name.path, reference_of(name));
  } else if (!usual.empty()) {
    const std::string host = usual.substr(0, usual.find('/'));
    const std::string folder = host.size() < usual.size() ? usual.substr(host.size() + 1) + "/" : "";
    // Docker's convention: official images have no owner in their names.
    const bool official = name.path.find('/') == std::string::npos;
    digest = ask_registry(host, folder + (official ? "library/" : "") + name.path, reference_of(name));
  } else {
    digest = ask_engine(name);
  }
  left_ -= std::min(left_, std::chrono::ceil<Duration>(std::chrono::steady_clock::now() - began));
  return digest;
}

Result<net::HttpResponse> ImageRegistry::ask(const std::string& method, const std::string& url,
                                             const std::string& authorization) {
  net::HttpRequest request;
  request.method = method;
  request.url = url;
  request.body_limit = kLargest;
  request.headers.emplace_back("Accept", kManifests);
  if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
  return exchange_guarded(surroundings_.settings, request, deadline_, false);
}

Result<std::string> ImageRegistry::ask_registry(const std::string& registry, const std::string& path,
                                                const std::string& reference) {
  const std::string url = "https://" + registry + "/v2/" + path + "/manifests/" + reference;
  std::string authorization;
  PENSTOCK_TRY(net::HttpResponse response, ask("HEAD", url, authorization));
  if (const std::string* challenge = response.header("WWW-Authenticate"); response.status == 401 && challenge) {
    PENSTOCK_TRY(authorization, authorization_for(*challenge, registry, path));
    if (authorization.empty()) return refusal(registry, response.status);
    PENSTOCK_TRY(response, ask("HEAD", url, authorization));
  }
  if (response.status != 200) return refusal(registry, response.status);
  if (const std::string* digest = response.header("Docker-Content-Digest")) return digest_in(*digest, registry);
  PENSTOCK_TRY(response, ask("GET", url, authorization));
  if (response.status != 200) return refusal(registry, response.status);
  return to_hex(sha256(response.body));
}

/// Of what the registry asks for: a token that its own service gives, to anybody for what is public, or the user's name
/// and password. Empty: the user has none.
Result<std::string> ImageRegistry::authorization_for(std::string_view challenge, const std::string& registry,
                                                     const std::string& path) {
  PENSTOCK_TRY(const std::string basic, docker_credentials(surroundings_.docker_config, registry));
  if (net::same_word(challenge.substr(0, challenge.find(' ')), "Basic")) return basic.empty() ? "" : "Basic " + basic;
  const std::string realm = challenge_parameter(challenge, "realm");
  if (realm.empty()) return std::string();
  std::string url = realm + (realm.find('?') == std::string::npos ? "?" : "&");
  if (const std::string service = challenge_parameter(challenge, "service"); !service.empty())
    url += "service=" + percent_encoded(service) + "&";
  url += "scope=repository:" + percent_encoded(path) + ":pull";
  PENSTOCK_TRY(const net::HttpResponse answer, ask("GET", url, basic.empty() ? "" : "Basic " + basic));
  if (answer.status != 200) return refusal(registry, answer.status);
  const json token = json::parse(answer.body, nullptr, false);
  for (const char* name : {"token", "access_token"}) {
    if (!token.is_object() || !token.contains(name) || !token[name].is_string()) continue;
    const auto text = token[name].get<std::string>();
    if (text.find_first_of("\r\n") == std::string::npos) return "Bearer " + text;
  }
  return Error{Fault::machine, registry + " gives no token", ""};
}

Result<std::string> ImageRegistry::ask_engine(const ImageName& name) {
  net::HttpRequest request;
  request.url = "http://localhost/distribution/" + name.path + ":" + reference_of(name) + "/json";
  request.unix_socket = surroundings_.engine;
  request.timeout = std::chrono::ceil<Duration>(deadline_ - std::chrono::steady_clock::now());
  const Result<net::HttpResponse> response = net::exchange_directly(request);
  if (!response.ok()) {
    return Error{Fault::user, "its name says no registry, and no Docker engine is here to ask",
                 "say which one is meant: git config --global penstock.registry HOST"};
  }
  if (response->status != 200) return refusal("the Docker engine", response->status);
  const json answer = json::parse(response->body, nullptr, false);
  const json::json_pointer place("/Descriptor/digest");
  const bool told = answer.is_object() && answer.contains(place) && answer[place].is_string();
  return digest_in(told ? answer[place].get<std::string>() : "", "the Docker engine");
}

}  // namespace penstock
