#include "cli/rollout_view.h"

#include <algorithm>
#include <iterator>

#include "base/text_width.h"
#include "cli/line_text.h"

namespace penstock {
namespace {

constexpr size_t kNarrow = 40;
constexpr size_t kBar = 20;
constexpr int kAll = 10'000;

using State = InstanceView::State;

/// Labels stand in one column: releases' short names, and these words.
constexpr std::string_view kTraffic = "traffic";

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

std::string bar(int weight, const Style& style) {
  const size_t full = (static_cast<size_t>(weight) * kBar + kAll / 2) / kAll;
  const size_t shown = weight > 0 ? std::max<size_t>(full, 1) : 0;
  std::string text;
  for (size_t cell = 0; cell < kBar; ++cell) {
    if (style.unicode) {
      text += cell < shown ? "█" : "░";
    } else {
      text += cell < shown ? '#' : '.';
    }
  }
  return text;
}

class Drawing {
 public:
  Drawing(const RolloutPicture& picture, const Style& style, size_t width)
      : picture_(picture), style_(style), width_(width) {
    new_ = short_release(picture.to, picture.from);
    old_ = short_release(picture.from, picture.to);
    label_ = std::max({kTraffic.size(), display_width(new_), display_width(old_)}) + 2;
  }

  std::vector<std::string> lines() {
    title();
    if (width_ < kNarrow) return std::move(lines_);
    traffic();
    instances(InstanceGroup::incoming, new_);
    instances(InstanceGroup::baseline, old_ + " (baseline)");
    instances(InstanceGroup::stable, picture_.view.phase == RolloutPhase::live ? new_ : old_);
    if (!picture_.view.analysis.empty()) add("metrics", picture_.view.analysis);
    now();
    return std::move(lines_);
  }

 private:
  void title() {
    std::string left = picture_.environment + " · " + picture_.strategy + " " + picture_.to;
    if (!picture_.from.empty()) left += " over " + picture_.from;
    std::string right;
    if (picture_.view.steps > 0) {
      right = "step " + std::to_string(picture_.view.step) + " of " + std::to_string(picture_.view.steps) + " · ";
    }
    right += to_words(picture_.elapsed);
    const size_t space = display_width(right) + 2;
    if (width_ < kNarrow || space + 10 > width_) {
      lines_.push_back(style_.bold(cut_end(left, width_, style_.unicode)));
      return;
    }
    left = cut_middle(left, width_ - space, style_.unicode);
    const std::string gap(width_ - display_width(left) - display_width(right), ' ');
    lines_.push_back(style_.bold(left) + gap + style_.dim(right));
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
    if (ended || old_.empty()) {
      add(kTraffic, (ended || incoming > 0 ? new_ : old_) + " " + bar(kAll, style_) + "  100%");
      return;
    }
    add(kTraffic,
        new_ + " " + bar(incoming, style_) + "  " + percent(incoming) + "      " + old_ + " " + percent(stable));
  }

  void instances(InstanceGroup group, const std::string& label) {
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
      const InstanceAddress& address = instance.instance.address;
      const std::string name = address.host + ":" + std::to_string(address.port);
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
    std::string text;
    if (view.phase == RolloutPhase::taking_back) {
      text = "taking back: " + view.reason;
    } else if (!view.waits_for.empty()) {
      text = "waits for " + view.waits_for;
    } else if (view.phase == RolloutPhase::baking) {
      text = "promoted, and watched";
    } else {
      text = view.step_name;
    }
    if (view.next_at && *view.next_at > picture_.now) {
      text += (text.empty() ? "" : ", ") + to_words(*view.next_at - picture_.now) + " left";
    }
    if (!picture_.watched) text = "unwatched: nobody drives it (ci resume)";
    if (!text.empty()) add("now", text);
  }

  const RolloutPicture& picture_;
  const Style& style_;
  size_t width_;
  std::string new_;
  std::string old_;
  size_t label_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace

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
  std::vector<std::string> brief;
  std::vector<std::string> titles;
  for (const RolloutPicture& picture : pictures) {
    std::vector<std::string> lines = draw(picture, style, width);
    titles.push_back(lines.front());
    brief.push_back(lines.front());
    if (lines.size() > 1) brief.push_back(lines.back());
    std::move(lines.begin(), lines.end(), std::back_inserter(all));
  }
  if (all.size() <= height || pictures.size() == 1) return all;
  if (brief.size() <= height) return brief;
  titles.resize(std::min(titles.size(), height));
  return titles;
}

}  // namespace penstock
