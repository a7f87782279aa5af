#include "cli/rollout_display.h"

#include "cli/line_text.h"
#include "cli/when.h"
#include "environments/json.h"
#include "os/clock.h"

namespace penstock {

RolloutPicture picture_of(const RolloutRecord& record, const RolloutView& view, const Strategy& strategy, Instant now) {
  RolloutPicture picture;
  picture.environment = record.facts.environment;
  picture.strategy = name_of(strategy);
  picture.to = record.facts.release_name;
  picture.from = record.facts.from_name;
  picture.view = view;
  picture.now = now;
  const Instant end = record.summary.ended_at.value_or(now);
  picture.elapsed = end - record.summary.began_at.value_or(end);
  return picture;
}

void RolloutDisplay::changed(const RolloutRecord& record, const RolloutView& view) {
  const std::string& name = record.facts.environment;
  if (view.phase == RolloutPhase::baking || view.phase == RolloutPhase::live) promoted_.insert(name);
  const bool bakes = view.phase == RolloutPhase::baking && promoted_.size() >= services_;
  if (bakes && on_promoted_) std::exchange(on_promoted_, nullptr)();
  if (!world_.outputs.err.is_terminal) return;
  const auto known = pictures_.find(name);
  std::string strategy = "rollout";
  if (known != pictures_.end()) {
    strategy = known->second.strategy;
  } else if (const auto spec = environment_from_json(record.facts.configuration); spec.ok()) {
    strategy = name_of(spec->rollout.strategy);
  }
  const Instant now = world_.clock.now();
  RolloutPicture picture = picture_of(record, view, Strategy(), now);
  picture.strategy = strategy;
  pictures_.insert_or_assign(name, std::move(picture));
  began_at_[name] = record.summary.began_at.value_or(now);
  if (services_ > 1 && is_end(view.phase)) pictures_.erase(name);  // a line has told its end
  draw_frame();
}

void RolloutDisplay::said(Instant at, const std::string& line) {
  const Output& err = world_.outputs.err;
  std::string text = to_clock(at, true) + "  " + environment_ + "  " + plain_line(line) + "\n";
  if (!err.style.unicode) text = in_ascii(text);
  err.write(err.is_terminal ? printer_.print_above(text) : text);
}

void RolloutDisplay::tick() {
  if (pictures_.empty()) return;
  for (auto& [name, picture] : pictures_) {
    picture.now = world_.clock.now();
    if (!is_end(picture.view.phase)) picture.elapsed = picture.now - began_at_[name];
  }
  draw_frame();
}

void RolloutDisplay::resized() { printer_.resized(world_.outputs.err.width()); }

void RolloutDisplay::finish() {
  if (world_.outputs.err.is_terminal) world_.outputs.err.write(printer_.clear());
  pictures_.clear();
}

void RolloutDisplay::draw_frame() {
  const Output& err = world_.outputs.err;
  std::vector<RolloutPicture> pictures;
  for (const auto& [name, picture] : pictures_) pictures.push_back(picture);
  const size_t height = err.height();
  err.write(printer_.show(draw(pictures, err.style, err.width(), height > 1 ? height - 1 : 1)));
}

}  // namespace penstock
