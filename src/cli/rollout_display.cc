#include "cli/rollout_display.h"

#include <algorithm>

#include "cli/line_text.h"
#include "cli/when.h"
#include "environments/json.h"
#include "os/clock.h"

namespace penstock {

RolloutPicture picture_of(const RolloutRecord& record, const RolloutView& view, Instant now) {
  RolloutPicture picture;
  picture.environment = record.facts.environment;
  picture.to = record.facts.release_name;
  picture.from = record.facts.from_name;
  picture.view = view;
  picture.now = record.summary.ended_at.value_or(now);
  picture.began_at = record.summary.began_at.value_or(record.created_at);
  return picture;
}

void RolloutDisplay::changed(const RolloutRecord& record, const RolloutView& view) {
  const std::string& name = record.facts.environment;
  if (view.phase == RolloutPhase::baking || view.phase == RolloutPhase::live) promoted_.insert(name);
  const bool bakes = view.phase == RolloutPhase::baking && promoted_.size() >= services_;
  if (bakes && on_promoted_) std::exchange(on_promoted_, nullptr)();
  quiet_.changed(name, view);
  if (!world_.outputs.err.is_terminal) return;
  const auto at = std::lower_bound(
      pictures_.begin(), pictures_.end(), name,
      [](const RolloutPicture& picture, const std::string& wanted) { return picture.environment < wanted; });
  const bool known = at != pictures_.end() && at->environment == name;
  if (services_ > 1 && is_end(view.phase)) {  // a line has told its end
    if (known) pictures_.erase(at);
    return draw_frame();
  }
  RolloutPicture picture = picture_of(record, view, world_.clock.now());
  if (known) {
    picture.strategy = std::move(at->strategy);
    *at = std::move(picture);
  } else {
    const auto spec = environment_from_json(record.facts.configuration);
    picture.strategy = spec.ok() ? name_of(spec->rollout.strategy) : "rollout";
    pictures_.insert(at, std::move(picture));
  }
  draw_frame();
}

void RolloutDisplay::said(Instant at, const std::string& line) {
  const Output& err = world_.outputs.err;
  quiet_.said(at, line);
  std::string text = to_clock(at, true) + "  " + environment_ + "  " + plain_line(line) + "\n";
  if (!err.style.unicode) text = in_ascii(text);
  err.write(err.is_terminal ? printer_.print_above(text) : text);
}

void RolloutDisplay::tick() {
  if (!world_.outputs.err.is_terminal) {
    const Instant now = world_.clock.now();
    for (const std::string& line : quiet_.due(now)) said(now, line);
  }
  if (pictures_.empty()) return;
  for (RolloutPicture& picture : pictures_) {
    if (!is_end(picture.view.phase)) picture.now = world_.clock.now();
  }
  draw_frame();
}

void RolloutDisplay::finish() {
  if (world_.outputs.err.is_terminal) world_.outputs.err.write(printer_.clear());
  pictures_.clear();
}

void RolloutDisplay::draw_frame() {
  const Output& err = world_.outputs.err;
  const size_t height = err.height();
  printer_.resized(err.width());  // the signal that says so may be on its way still
  err.write(printer_.show(draw(pictures_, err.style, err.width(), height > 1 ? height - 1 : 1)));
}

}  // namespace penstock
