#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "environments/environment_spec.h"

namespace penstock::environments {

/// Enumerators by the words that stand for them, in the file and in JSON.
template <class Enum, size_t kSize>
using Words = std::array<std::pair<std::string_view, Enum>, kSize>;

constexpr Words<EnvironmentQueue, 4> kQueueWords = {{{"unordered", EnvironmentQueue::unordered},
                                                     {"oldest_first", EnvironmentQueue::oldest_first},
                                                     {"newest_only", EnvironmentQueue::newest_only},
                                                     {"newest_ready_first", EnvironmentQueue::newest_ready_first}}};
constexpr Words<HostsTarget::Service, 2> kServiceWords = {
    {{"systemd", HostsTarget::Service::systemd}, {"supervisor", HostsTarget::Service::supervisor}}};
constexpr Words<Metric::Source, 5> kSourceWords = {{{"errors", Metric::Source::proxy_errors},
                                                    {"latency", Metric::Source::proxy_latency},
                                                    {"prometheus", Metric::Source::prometheus},
                                                    {"http_json", Metric::Source::http_json},
                                                    {"command", Metric::Source::command}}};

template <class Enum, size_t kSize>
constexpr std::array<std::string_view, kSize> words_of(const Words<Enum, kSize>& words) {
  std::array<std::string_view, kSize> texts;
  for (size_t i = 0; i < kSize; ++i) texts[i] = words[i].first;
  return texts;
}
template <class Enum, size_t kSize>
constexpr std::string_view word_of(const Words<Enum, kSize>& words, Enum value) {
  for (const auto& [word, meaning] : words) {
    if (meaning == value) return word;
  }
  return {};
}
/// Null where no enumerator has that word.
template <class Enum, size_t kSize>
constexpr const Enum* value_of(const Words<Enum, kSize>& words, std::string_view text) {
  for (const auto& [word, meaning] : words) {
    if (word == text) return &meaning;
  }
  return nullptr;
}

}  // namespace penstock::environments
