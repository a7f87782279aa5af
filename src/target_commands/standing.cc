#include "target_commands/standing.h"

#include <algorithm>
#include <cmath>

#include "base/json_reader.h"
#include "base/json_writer.h"
#include "rollout/group_name.h"

namespace penstock {
namespace {

using json_reading::Json;
using json_reading::Members;

constexpr int kPercent = 100;  // a weight is in ten-thousandths

void read_instance(Members& members, Instance& instance) {
  members.required("host", instance.address.host);
  members.required("port", instance.address.port);
  members.required("release", instance.release);
  std::string group;
  if (!members.optional("group", group)) return;
  const std::optional<InstanceGroup> named = group_named(group);
  if (!named) json_reading::refuse("stable, incoming or baseline is expected");
  instance.group = *named;
}

void write_instance(JsonWriter& json, const Instance& instance) {
  json.member("host", instance.address.host).member("port", instance.address.port);
  json.member("release", instance.release).member("group", to_string(instance.group));
}

void write_share(JsonWriter& json, const TrafficSplit::Share& share, const StandingNote& note) {
  json.begin_object().member("host", share.address.host).member("port", share.address.port);
  if (const StartedInstance* started = note.find(share.address)) {
    json.member("release", started->instance.release);
  }
  json.member("weight", static_cast<double>(share.weight) / kPercent).end_object();
}

StartedInstance started_from(const Json& json) {
  StartedInstance started;
  Members members(json);
  read_instance(members, started.instance);
  members.required("at", started.at);
  members.finish();
  return started;
}

TrafficSplit::Share share_from(const Json& json) {
  TrafficSplit::Share share;
  Members members(json);
  members.required("host", share.address.host);
  members.required("port", share.address.port);
  members.required("weight", share.weight);
  members.finish();
  return share;
}

ObservedInstance observed_from(const Json& json) {
  ObservedInstance observed;
  double weight = 0;
  Members members(json);
  read_instance(members, observed.instance);
  members.optional("running", observed.running);
  members.optional("weight", weight);
  members.finish();
  if (weight < 0 || weight > 100) json_reading::refuse("`weight`: a number from 0 to 100 is expected");
  observed.weight = static_cast<int>(std::lround(weight * kPercent));
  return observed;
}

template <class Item>
std::vector<Item> list_from(const Json& json, Item (*read)(const Json&)) {
  if (!json.is_array()) json_reading::refuse("a list is expected");
  std::vector<Item> list;
  for (const Json& item : json) list.push_back(read(item));
  return list;
}

}  // namespace

const StartedInstance* StandingNote::find(const InstanceAddress& address) const {
  const auto place = std::find_if(instances.begin(), instances.end(),
                                  [&](const StartedInstance& one) { return one.instance.address == address; });
  return place == instances.end() ? nullptr : &*place;
}

int StandingNote::weight_of(const InstanceAddress& address) const {
  const auto place =
      std::find_if(shares.begin(), shares.end(), [&](const auto& share) { return share.address == address; });
  return place == shares.end() ? 0 : place->weight;
}

void StandingNote::add(const Instance& instance, Instant at) {
  remove(instance.address);
  instances.push_back({instance, at});
}

void StandingNote::remove(const InstanceAddress& address) {
  std::erase_if(instances, [&](const StartedInstance& one) { return one.instance.address == address; });
}

std::string to_json(const StandingNote& note) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("instances").begin_array();
  for (const StartedInstance& started : note.instances) {
    json.begin_object();
    write_instance(json, started.instance);
    json.member("at", int64_t{started.at.time_since_epoch().count()}).end_object();
  }
  json.end_array().key("shares").begin_array();
  for (const TrafficSplit::Share& share : note.shares) {
    json.begin_object().member("host", share.address.host).member("port", share.address.port);
    json.member("weight", share.weight).end_object();
  }
  json.end_array().end_object();
  return text;
}

Result<StandingNote> standing_note_from_json(std::string_view text) {
  return json_reading::parse_stored(text, "note of what was started", [](const Json& json) {
    StandingNote note;
    Members members(json);
    members.with("instances", [&](const Json& list) { note.instances = list_from(list, started_from); });
    members.with("shares", [&](const Json& list) { note.shares = list_from(list, share_from); });
    members.finish();
    return note;
  });
}

Result<std::vector<ObservedInstance>> observed_from_json(std::string_view text) {
  return json_reading::parse_stored(text, "list of instances",
                                    [](const Json& json) { return list_from(json, observed_from); });
}

std::string to_json(const TrafficSplit& split, const std::string& environment, const StandingNote& note) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().member("environment", environment).key("shares").begin_array();
  for (const TrafficSplit::Share& share : split.shares) write_share(json, share, note);
  json.end_array();
  if (!split.header.name.empty()) {
    json.key("header").begin_object().member("name", split.header.name).member("value", split.header.value);
    json.end_object();
  }
  json.key("preview").begin_array();
  for (const InstanceAddress& address : split.preview) {
    json.begin_object().member("host", address.host).member("port", address.port).end_object();
  }
  json.end_array().end_object();
  return text + "\n";
}

}  // namespace penstock
