#include "rollout/journal.h"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "base/json_writer.h"

namespace penstock {
namespace {

using Json = nlohmann::json;
using What = JournalEntry::What;

constexpr std::array<std::pair<What, std::string_view>, 12> kNames = {{
    {What::started, "started"},
    {What::promoted, "promoted"},
    {What::taken_back, "taken_back"},
    {What::rolled_back, "rolled_back"},
    {What::approved, "approved"},
    {What::rejected, "rejected"},
    {What::pinned, "pinned"},
    {What::unpinned, "unpinned"},
    {What::incident_opened, "incident_opened"},
    {What::incident_closed, "incident_closed"},
    {What::asked, "asked"},
    {What::withdrawn, "withdrawn"},
}};

What what_named(const std::string& name) {
  for (const auto& [what, known] : kNames) {
    if (known == name) return what;
  }
  throw std::runtime_error("`" + name + "` is nothing that this version of ci knows");
}

int64_t milliseconds(Instant instant) { return instant.time_since_epoch().count(); }
Instant instant_of(const Json& json, const char* name) { return Instant(Duration(json.value(name, int64_t{0}))); }

}  // namespace

std::string_view to_string(What what) {
  for (const auto& [known, name] : kNames) {
    if (known == what) return name;
  }
  return {};
}

bool is_step_of(const JournalEntry& entry, std::string_view rollout) {
  const bool is_said_of_it = entry.what == What::rejected || entry.what == What::asked || entry.what == What::withdrawn;
  return !is_said_of_it && entry.rollout == rollout;
}

std::string to_json(const JournalEntry& entry) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object().member("number", entry.number).member("at", milliseconds(entry.at));
  writer.member("what", to_string(entry.what));
  writer.optional("release", entry.release);
  writer.optional("name", entry.name);
  writer.optional("previous", entry.previous);
  writer.optional("commit", entry.commit);
  if (entry.committed_at != Instant()) writer.member("committed_at", milliseconds(entry.committed_at));
  writer.key("by").begin_object().member("name", entry.by.name).member("email", entry.by.email);
  writer.optional("proved", entry.by.proved);
  writer.end_object();
  writer.optional("message", entry.message);
  writer.optional("configuration", entry.configuration);
  if (!entry.secret_versions.empty()) {
    writer.key("secrets").begin_object();
    for (const auto& [name, version] : entry.secret_versions) writer.member(name, version);
    writer.end_object();
  }
  writer.optional("rollout", entry.rollout);
  if (entry.incident != 0) writer.member("incident", entry.incident);
  writer.end_object();
  return text;
}

Result<JournalEntry> journal_entry_from_json(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    JournalEntry entry;
    entry.number = json.value("number", int64_t{0});
    entry.at = instant_of(json, "at");
    entry.what = what_named(json.at("what").get<std::string>());
    entry.release = json.value("release", "");
    entry.name = json.value("name", "");
    entry.previous = json.value("previous", "");
    entry.commit = json.value("commit", "");
    entry.committed_at = instant_of(json, "committed_at");
    if (const auto by = json.find("by"); by != json.end()) {
      entry.by = {by->value("name", ""), by->value("email", ""), by->value("proved", false)};
    }
    entry.message = json.value("message", "");
    entry.configuration = json.value("configuration", "");
    if (const auto secrets = json.find("secrets"); secrets != json.end()) {
      for (const auto& [name, version] : secrets->items()) entry.secret_versions.emplace_back(name, version);
    }
    entry.rollout = json.value("rollout", "");
    entry.incident = json.value("incident", int64_t{0});
    return entry;
  } catch (const std::exception& problem) {
    return Error{Fault::machine,
                 std::string("the environment's journal holds a line that can't be read: ") + problem.what(),
                 "is it written by a later version of ci? Then use that one"};
  }
}

}  // namespace penstock
