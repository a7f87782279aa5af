#include "target_hosts/server_state.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace penstock {
namespace {

// HAProxy's management guide, `show servers state`.
constexpr int kStopped = 0;
constexpr int kRunning = 2;
constexpr unsigned kForcedMaintenance = 0x01;
constexpr unsigned kForcedDrain = 0x08;

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  for (size_t from = 0; (from = line.find_first_not_of(' ', from)) != std::string_view::npos;) {
    const size_t end = std::min(line.find(' ', from), line.size());
    words.emplace_back(line.substr(from, end - from));
    from = end;
  }
  return words;
}

unsigned number(const std::string& word) {
  unsigned value = 0;
  std::from_chars(word.data(), word.data() + word.size(), value);
  return value;
}

/// Which word of a line is what, by the line that names them.
class Columns {
 public:
  void learn(std::vector<std::string> names) {
    names.erase(names.begin());
    names_ = std::move(names);
  }
  std::string* find(std::vector<std::string>& words, std::string_view name) const {
    const auto at = std::find(names_.begin(), names_.end(), name);
    const auto index = static_cast<size_t>(at - names_.begin());
    return at == names_.end() || index >= words.size() ? nullptr : &words[index];
  }

 private:
  std::vector<std::string> names_;
};

/// Calls `what` with the words of each line, and whether they are a server's.
template <typename What>
void each_line(std::string_view text, const What& what) {
  Columns columns;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    std::vector<std::string> words = words_of(line);
    if (!words.empty() && words.front() == "#") {
      columns.learn(words);
      what(line, words, nullptr);
    } else {
      what(line, words, &columns);
    }
  }
}

}  // namespace

std::vector<ServerState> parse_server_states(std::string_view text) {
  std::vector<ServerState> states;
  each_line(text, [&](std::string_view, std::vector<std::string>& words, const Columns* columns) {
    if (columns == nullptr) return;
    const std::string* name = columns->find(words, "srv_name");
    const std::string* address = columns->find(words, "srv_addr");
    const std::string* port = columns->find(words, "srv_port");
    if (name == nullptr || address == nullptr || port == nullptr) return;
    states.push_back({*name, *address, static_cast<int>(number(*port) & 0xffffU)});
  });
  return states;
}

std::string with_weights(std::string_view text, const std::map<std::string, int>& weights) {
  std::string changed;
  each_line(text, [&](std::string_view line, std::vector<std::string>& words, const Columns* columns) {
    const std::string* name = columns == nullptr ? nullptr : columns->find(words, "srv_name");
    const auto weight = name == nullptr ? weights.end() : weights.find(*name);
    std::string* operation = columns == nullptr ? nullptr : columns->find(words, "srv_op_state");
    std::string* administration = columns == nullptr ? nullptr : columns->find(words, "srv_admin_state");
    std::string* share = columns == nullptr ? nullptr : columns->find(words, "srv_uweight");
    if (weight == weights.end() || operation == nullptr || administration == nullptr || share == nullptr) {
      changed += std::string(line) + "\n";
      return;
    }
    const unsigned flags = number(*administration) & ~(kForcedMaintenance | kForcedDrain);
    const bool serves = weight->second > 0;
    *operation = std::to_string(serves ? kRunning : kStopped);
    *administration = std::to_string(serves ? flags : flags | kForcedMaintenance);
    if (serves) *share = std::to_string(weight->second);
    for (size_t i = 0; i < words.size(); ++i) changed += (i == 0 ? "" : " ") + words[i];
    changed += "\n";
  });
  return changed;
}

}  // namespace penstock
