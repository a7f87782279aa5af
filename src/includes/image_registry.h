#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "includes/image_name.h"
#include "includes/settings.h"

namespace penstock {

namespace net {
struct HttpResponse;
}

/// Asks registries which digest an image has now, over the API that all of them have (HTTP API v2 of the OCI's
/// distribution specification), with the credentials that the user's Docker has.
class ImageRegistry {
 public:
  struct Surroundings {
    IncludeSettings settings;
    std::filesystem::path docker_config;  ///< The folder with Docker's config.json.
    std::string engine;  ///< The Docker engine's socket: it knows where images come from whose names don't say.
  };
  explicit ImageRegistry(Surroundings surroundings) : surroundings_(std::move(surroundings)) {}

  /// The SHA-256, in hex, of what the tag stands for now: of the list where there is one for several platforms. The
  /// registry that the name says; else that of `penstock.registry`; else the engine is asked. Fifteen seconds an image,
  /// a minute for all.
  Result<std::string> digest_of(const ImageName& name);

 private:
  Result<std::string> ask_registry(const std::string& registry, const std::string& path, const std::string& reference);
  Result<std::string> ask_engine(const ImageName& name);
  Result<net::HttpResponse> ask(const std::string& method, const std::string& url, const std::string& authorization);
  Result<std::string> authorization_for(std::string_view challenge, const std::string& registry,
                                        const std::string& path);

  Surroundings surroundings_;
  Duration left_ = std::chrono::minutes(1);
  std::chrono::steady_clock::time_point deadline_;  ///< Of the image that is asked for.
};

/// What a registry wants (RFC 7235): `Bearer realm="https://…",service="…"`. A parameter's value; empty: not there.
std::string challenge_parameter(std::string_view challenge, std::string_view name);

}  // namespace penstock
