#include "cli/rollout_view.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "base/text_width.h"
#include "cli/chosen_instances.h"
#include "cli/line_text.h"

namespace penstock {
namespace {

constexpr size_t kNarrow = 40;
constexpr size_t kBar = 20;
constexpr size_t kShortestBar = 5;
constexpr int kAll = 10'000;

using State = InstanceView::State;

/// Labels stand in one column: releases' short names, and these words.
constexpr std::string_view kTraffic = "traffic";
constexpr std::string_view kBaseline = "baseline";  // fresh instances of the old release
constexpr std::string_view kSteering = "ci rollout pause · promote · abort";

std::string_view word_of(State state) {
  constexpr std::string_view kWords[] = {"starting", "ready", "not ready", "draining", "stopping"};
  return kWords[static_cast<size_t>(state)];
}

Mark mark_of(State state) {
  switch (state) {
    case State::ready:
      return Mark::passed;
    case State::unready:
      return Mark::failed;
    case State::starting:
      return Mark::running;
    case State::draining:
    case State::stopping:
      break;
  }
  return Mark::waiting;
}

std::string percent(int weight) {
  const int tenths = (weight + 5) / 10;
  std::string text = std::to_string(tenths / 10);
  if (tenths % 10 != 0) text += "." + std::to_string(tenths % 10);
  return text + "%";
}

std::string bar(int weight, size_t cells, const Style& style) {
  const size_t full = (static_cast<size_t>(weight) * cells + kAll / 2) / kAll;
  const size_t shown = weight > 0 ? std::max<size_t>(full, 1) : 0;
  std::string text;
  for (size_t cell = 0; cell < cells; ++cell) {
    if (style.unicode) {
      text += cell < shown ? "█" : "░";
    } else {
      text += cell < shown ? '#' : '.';
    }
  }
  return text;
}

/// Those in a state; empty where there are none.
std::string instances_in(const RolloutView& view, State state, Naming naming) {
  constexpr size_t kNamed = 4;
  std::string names;
  size_t number = 0;
  for (const InstanceView& instance : view.instances) {
    if (instance.state != state) continue;
    names += (number++ == 0 ? "" : ", ") + instance_name(instance.instance.address);
  }
  if (naming == Naming::names && number <= kNamed) return names;
  return number == 0 ? std::string() : std::to_string(number) + (number == 1 ? " instance" : " instances");
}

/// That new ones are ready and take no requests: they warm up.
std::string without_traffic(const RolloutView& view, Naming naming) {
  RolloutView idle;
  for (const InstanceView& instance : view.instances) {
    const bool is_new = instance.instance.group == InstanceGroup::incoming && instance.state == State::ready;
    if (is_new && instance.weight == 0) idle.instances.push_back(instance);
  }
  const std::string which = instances_in(idle, State::ready, naming);
  return which.empty() ? std::string() : ", no traffic yet on " + which;
}

/// How much there is room for.
enum class Detail { whole, counts, brief, title };

class Drawing {
 public:
  Drawing(const RolloutPicture& picture, const Style& style, size_t width, Detail detail = Detail::whole)
      : picture_(picture), style_(style), width_(width), detail_(width < kNarrow ? Detail::title : detail) {
    new_ = short_release(picture.to, picture.from);
    old_ = short_release(picture.from, picture.to);
    const auto& all = picture.view.instances;
    const bool compares = std::any_of(all.begin(), all.end(), [](const InstanceView& instance) {
      return instance.instance.group == InstanceGroup::baseline;
    });
    label_ = std::max({compares ? kBaseline.size() : kTraffic.size(), display_width(new_), display_width(old_)}) + 2;
  }

  std::vector<std::string> lines() {
    title();
    if (detail_ <= Detail::counts) {
      traffic();
      instances(InstanceGroup::incoming, new_);
      instances(InstanceGroup::baseline, std::string(kBaseline));
      instances(InstanceGroup::stable, picture_.view.phase == RolloutPhase::live ? new_ : old_);
      if (!picture_.view.analysis.empty()) add("metrics", picture_.view.analysis);
    }
    if (detail_ <= Detail::brief) now();
    return std::move(lines_);
  }

 private:
  void title() {
    std::string right;
    if (picture_.view.step > 0) {
      right = "step " + std::to_string(picture_.view.step) + " of " + std::to_string(picture_.view.steps) + " · ";
    }
    right += to_words(picture_.now - picture_.began_at);
    const size_t space = display_width(right) + 2;
    const bool narrow = width_ < kNarrow || space + 10 > width_;
    const size_t left_space = narrow ? width_ : width_ - space;
    const std::string left = fitting_title(left_space);
    if (narrow) return lines_.push_back(style_.bold(left));
    const std::string gap(width_ - display_width(left) - display_width(right), ' ');
    lines_.push_back(style_.bold(left) + gap + style_.dim(right));
  }

  /// The longest one that has room, cut where none has.
  [[nodiscard]] std::string fitting_title(size_t space) const {
    const std::string name = picture_.environment + " · ";
    const std::string kind = name + picture_.strategy + " ";
    const std::string over = " over ";
    const bool is_first = picture_.from.empty();
    const std::string shortest = name + new_;
    for (const std::string& text : {kind + picture_.to + (is_first ? "" : over + picture_.from),
                                    kind + new_ + (is_first ? "" : over + old_), kind + new_, shortest}) {
      if (display_width(text) <= space) return text;
    }
    return width_ < kNarrow ? cut_end(shortest, space, style_.unicode) : cut_middle(shortest, space, style_.unicode);
  }

  void add(std::string_view label, const std::string& text) {
    const size_t used = 2 + std::max(label_, display_width(label) + 2);
    std::string line = "  " + style_.dim(pad_right(label, used - 2));
    lines_.push_back(line + cut_end(text, width_ > used ? width_ - used : 1, style_.unicode));
  }

  [[nodiscard]] int weight_of(bool incoming) const {
    int weight = 0;
    for (const InstanceView& instance : picture_.view.instances) {
      if ((instance.instance.group == InstanceGroup::incoming) == incoming) weight += instance.weight;
    }
    return weight;
  }

  void traffic() {
    const int incoming = weight_of(true);
    const int stable = weight_of(false);
    if (incoming + stable == 0) return;
    const bool ended = picture_.view.phase == RolloutPhase::live;
    const bool one = ended || old_.empty();
    const std::string& left = ended || incoming > 0 || !one ? new_ : old_;
    const std::string share = one ? "100%" : percent(incoming);
    const std::string other = one ? std::string() : old_ + " " + percent(stable);
    // The bar gives way to the numbers.
    const size_t used = 2 + label_ + display_width(left) + 1 + 2 + share.size() + display_width(other);
    for (const size_t gap : {size_t{6}, size_t{2}}) {
      const size_t taken = used + (one ? 0 : gap);
      if (taken + kShortestBar > width_) continue;
      const std::string cells = bar(one ? kAll : incoming, std::min(kBar, width_ - taken), style_);
      return add(kTraffic, left + " " + cells + "  " + share + (one ? "" : std::string(gap, ' ') + other));
    }
    add(kTraffic, left + " " + share + (one ? "" : "  " + other));
  }

  /// `2 ready, 1 starting`.
  void count(InstanceGroup group, const std::string& label) {
    std::map<State, size_t> numbers;
    for (const InstanceView& instance : picture_.view.instances) {
      if (instance.instance.group == group) ++numbers[instance.state];
    }
    std::string text;
    for (const auto& [state, number] : numbers)
      text += (text.empty() ? "" : ", ") + std::to_string(number) + " " + std::string(word_of(state));
    if (!text.empty()) add(label, text);
  }

  void instances(InstanceGroup group, const std::string& label) {
    if (detail_ == Detail::counts) return count(group, label);
    std::string row;
    size_t cells = 0;
    std::string shown_label = label;
    const size_t used = 2 + std::max(label_, display_width(label) + 2);
    const size_t space = width_ > used ? width_ - used : 1;
    const auto flush = [&] {
      if (row.empty()) return;
      lines_.push_back("  " + pad_right(shown_label, used - 2) + row);
      shown_label.clear();
      row.clear();
      cells = 0;
    };
    for (const InstanceView& instance : picture_.view.instances) {
      if (instance.instance.group != group) continue;
      const std::string name = instance_name(instance.instance.address);
      const size_t needs = display_width(name) + 1 + style_.mark_width() + (cells == 0 ? 0 : 3);
      if (cells > 0 && cells + needs > space) flush();
      if (cells > 0) row += "   ";
      const size_t name_space = space > 1 + style_.mark_width() ? space - 1 - style_.mark_width() : 1;
      row += cut_middle(name, name_space, style_.unicode) + " " + style_.mark(mark_of(instance.state));
      cells += needs;
    }
    flush();
  }

  void now() {
    const RolloutView& view = picture_.view;
    if (is_end(view.phase)) return;
    std::string text = with_time_left(goes_on(view, Naming::numbers), view, picture_.now);
    if (!picture_.watched) text = "unwatched: nobody drives it (ci resume)";
    const bool steerable = picture_.watched && view.phase == RolloutPhase::rolling_out;
    const size_t used = 2 + label_ + display_width(text);
    const size_t needs = display_width(kSteering);
    add("now", text);
    if (steerable && used + 3 + needs <= width_)
      lines_.back() += std::string(width_ - used - needs, ' ') + style_.dim(kSteering);
  }

  const RolloutPicture& picture_;
  const Style& style_;
  size_t width_;
  Detail detail_;
  std::string new_;
  std::string old_;
  size_t label_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace

std::string goes_on(const RolloutView& view, Naming naming) {
  if (!view.waits_for.empty() && view.phase != RolloutPhase::taking_back) return "waits for " + view.waits_for;
  if (view.phase == RolloutPhase::baking) return "promoted, and watched";
  if (view.phase == RolloutPhase::preparing) return "prepares";
  std::string text = view.phase == RolloutPhase::taking_back ? "taking back: " + view.reason : view.step_name;
  for (const auto& [state, verb] : {std::pair(State::starting, "starts "), std::pair(State::draining, "drains "),
                                    std::pair(State::stopping, "stops ")}) {
    const std::string which = instances_in(view, state, naming);
    if (!which.empty()) text += (text.empty() ? "" : ", ") + (verb + which);
  }
  if (view.phase == RolloutPhase::rolling_out) text += without_traffic(view, naming);
  return text;
}

std::string with_time_left(std::string text, const RolloutView& view, Instant now) {
  if (view.next_at && *view.next_at > now) text += ", " + to_words(*view.next_at - now) + " left";
  return text;
}

std::string short_release(const std::string& name, const std::string& other) {
  const size_t dash = name.rfind('-');
  if (dash == std::string::npos || other.empty()) return name;
  // Only where the names are the same but for the version.
  if (other.compare(0, dash + 1, name, 0, dash + 1) != 0) return name;
  return name.substr(dash + 1);
}

std::string_view name_of(const Strategy& strategy) {
  constexpr std::string_view kNames[] = {"recreate", "rolling", "blue-green", "canary"};
  return kNames[strategy.index()];
}

std::vector<std::string> draw(const RolloutPicture& picture, const Style& style, size_t width) {
  std::vector<std::string> lines = Drawing(picture, style, width).lines();
  if (!style.unicode) std::transform(lines.begin(), lines.end(), lines.begin(), in_ascii);
  return lines;
}

std::vector<std::string> draw(const std::vector<RolloutPicture>& pictures, const Style& style, size_t width,
                              size_t height) {
  std::vector<std::string> all;
  for (const Detail detail : {Detail::whole, Detail::counts, Detail::brief, Detail::title}) {
    all.clear();
    for (const RolloutPicture& picture : pictures) {
      std::vector<std::string> lines = Drawing(picture, style, width, detail).lines();
      std::move(lines.begin(), lines.end(), std::back_inserter(all));
    }
    if (all.size() <= height) break;
  }
  if (all.size() > height) all.resize(height);
  if (!style.unicode) std::transform(all.begin(), all.end(), all.begin(), in_ascii);
  return all;
}

}  // namespace penstock
