#include "rollout/json.h"

#include <string>
#include <string_view>

#include "rollout/json_fields.h"

namespace penstock {

namespace {

constexpr int kSpecFormat = 1;
constexpr int kEventFormat = 1;
constexpr int kCommandFormat = 1;
constexpr int kSplitFormat = 1;

}  // namespace

std::string to_json(const RolloutSpec& spec) { return archive::write_whole(spec, kSpecFormat); }
Result<RolloutSpec> rollout_spec_from_json(std::string_view text) {
  return archive::read_whole<RolloutSpec>(text, kSpecFormat, "a rollout's specification");
}

std::string to_json(const RolloutEvent& event) { return archive::write_whole(event, kEventFormat); }
Result<RolloutEvent> rollout_event_from_json(std::string_view text) {
  return archive::read_whole<RolloutEvent>(text, kEventFormat, "a rollout's event");
}

std::string to_json(const RolloutCommand& command) { return archive::write_whole(command, kCommandFormat); }
Result<RolloutCommand> rollout_command_from_json(std::string_view text) {
  return archive::read_whole<RolloutCommand>(text, kCommandFormat, "a rollout's command");
}

std::string to_json(const TrafficSplit& split) { return archive::write_whole(split, kSplitFormat); }
Result<TrafficSplit> traffic_split_from_json(std::string_view text) {
  return archive::read_whole<TrafficSplit>(text, kSplitFormat, "a traffic split");
}

}  // namespace penstock
