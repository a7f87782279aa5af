#include "os/tzif.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "os/posix_zone.h"

namespace penstock::os {
namespace {

/// A zone of a list of transitions and a rule for what follows the last.
class FileZone : public TimeZone {
 public:
  struct Transition {
    Instant at;
    std::chrono::seconds offset;  ///< From then on.
  };

  /// What the rule says holds from `rule_from` on: the last transition of the file, which may be none of the clock's
  /// (only of its name). Nothing: always.
  FileZone(std::string name, std::chrono::seconds first, std::vector<Transition> transitions,
           std::optional<PosixZone> rule, std::optional<Instant> rule_from)
      : name_(std::move(name)),
        first_(first),
        transitions_(std::move(transitions)),
        rule_(rule),
        rule_from_(rule_from) {}

  [[nodiscard]] std::string_view name() const override { return name_; }

  [[nodiscard]] Period period_at(Instant instant) const override {
    const auto next = std::upper_bound(transitions_.begin(), transitions_.end(), instant,
                                       [](Instant at, const Transition& t) { return at < t.at; });
    Period period;
    period.offset = next == transitions_.begin() ? first_ : std::prev(next)->offset;
    if (next != transitions_.begin()) period.from = std::prev(next)->at;
    if (next != transitions_.end()) period.until = next->at;
    return next == transitions_.end() && rule_ ? with_rule(period, instant) : period;
  }

 private:
  /// `listed` is what the list says without end: joins it to the rule's periods.
  [[nodiscard]] Period with_rule(Period listed, Instant instant) const {
    const bool is_listed = rule_from_ && instant < *rule_from_;
    Period ruled = rule_->period_at(is_listed ? *rule_from_ : instant);
    const bool begins_before_rule = rule_from_ && (!ruled.from || *ruled.from <= *rule_from_);
    if (!begins_before_rule) {
      if (!is_listed) return ruled;
      listed.until = ruled.from;
      return listed;
    }
    if (ruled.offset == listed.offset) {
      listed.until = ruled.until;
      return listed;
    }
    (is_listed ? listed.until : ruled.from) = rule_from_;
    return is_listed ? listed : ruled;
  }

  std::string name_;
  std::chrono::seconds first_;
  std::vector<Transition> transitions_;
  std::optional<PosixZone> rule_;
  std::optional<Instant> rule_from_;
};

constexpr size_t kHeaderSize = 44;

/// A header of RFC 8536, section 3.1.
struct Header {
  char version = 0;
  size_t utc_marks = 0;
  size_t standard_marks = 0;
  size_t leap_seconds = 0;
  size_t transitions = 0;
  size_t types = 0;
  size_t letters = 0;

  /// The size of the data that follows, with times of so many bytes.
  [[nodiscard]] size_t data_size(size_t time_size) const {
    return transitions * time_size + transitions + types * 6 + letters + leap_seconds * (time_size + 4) +
           standard_marks + utc_marks;
  }
};

uint64_t big_endian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) value = value << 8U | static_cast<unsigned char>(byte);
  return value;
}

std::optional<Header> read_header(std::string_view data) {
  if (data.size() < kHeaderSize || !data.starts_with("TZif")) return std::nullopt;
  const auto number = [&](size_t index) { return static_cast<size_t>(big_endian(data.substr(20 + index * 4, 4))); };
  return Header{data[4], number(0), number(1), number(2), number(3), number(4), number(5)};
}

Error damaged(const std::string& name, const std::string& what) {
  return {Fault::machine, "the time zone file of " + name + " is damaged: " + what, "install the package tzdata again"};
}

/// The transitions and the first type of a block whose size was checked. Nothing: they aren't in order.
struct Block {
  std::chrono::seconds first{};
  std::vector<FileZone::Transition> transitions;
  std::optional<Instant> last;  ///< Of all transitions, those of the name too.
};

std::optional<Block> read_block(const Header& header, std::string_view data) {
  const std::string_view types = data.substr(header.transitions * 9);
  const auto offset_of = [&](size_t type) {
    return std::chrono::seconds(static_cast<int32_t>(big_endian(types.substr(type * 6, 4))));
  };
  constexpr int64_t kFarthest = int64_t{1} << 40;  // seconds; tzdata's "big bang" lies before, and needs no period
  constexpr std::chrono::hours kLargestOffset(26);
  Block block;
  block.first = offset_of(0);
  std::chrono::seconds offset = block.first;
  if (std::chrono::abs(offset) > kLargestOffset) return std::nullopt;
  for (size_t i = 0; i < header.transitions; ++i) {
    const auto seconds = static_cast<int64_t>(big_endian(data.substr(i * 8, 8)));
    const auto type = static_cast<unsigned char>(data[header.transitions * 8 + i]);
    if (type >= header.types || std::chrono::abs(offset_of(type)) > kLargestOffset) return std::nullopt;
    if (seconds < -kFarthest) {
      block.first = offset = offset_of(type);
      continue;
    }
    const Instant at{std::chrono::seconds(std::min(seconds, kFarthest))};
    if (block.last && at <= *block.last) return std::nullopt;
    block.last = at;
    if (offset_of(type) == offset) continue;  // another name for the same clock
    offset = offset_of(type);
    block.transitions.push_back({at, offset});
  }
  return block;
}

}  // namespace

Result<std::shared_ptr<const TimeZone>> parse_tzif(std::string name, std::string_view data) {
  const auto old = read_header(data);
  if (!old) return damaged(name, "it does not begin as one");
  if (old->version < '2') return damaged(name, "it is of version 1, which ends in 2037");
  // The first block repeats the data for readers of 32-bit times.
  const size_t second = kHeaderSize + old->data_size(4);
  if (data.size() < second) return damaged(name, "it is cut off");
  data.remove_prefix(second);
  const auto header = read_header(data);
  if (!header || header->types == 0) return damaged(name, "its second part has no header");
  if (header->leap_seconds != 0) return damaged(name, "it counts leap seconds, which UTC here does not");
  data.remove_prefix(kHeaderSize);
  if (data.size() < header->data_size(8)) return damaged(name, "it is cut off");
  auto block = read_block(*header, data);
  if (!block) return damaged(name, "its transitions are out of order");
  data.remove_prefix(header->data_size(8));
  if (data.size() < 2 || data.front() != '\n' || data.find('\n', 1) == std::string_view::npos)
    return damaged(name, "its rule is missing");
  const std::string_view footer = data.substr(1, data.find('\n', 1) - 1);
  const auto rule = parse_posix_zone(footer);
  if (!rule && !footer.empty()) return damaged(name, "its rule can't be read");
  return std::shared_ptr<const TimeZone>(
      std::make_shared<FileZone>(std::move(name), block->first, std::move(block->transitions), rule, block->last));
}

}  // namespace penstock::os
