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
  if (view.phase == RolloutPhase::baking && on_promoted_) std::exchange(on_promoted_, nullptr)();
  if (!world_.outputs.err.is_terminal) return;
  if (!has_picture_) {
    const auto spec = environment_from_json(record.facts.configuration);
    picture_.strategy = spec.ok() ? name_of(spec->rollout.strategy) : "rollout";
  }
  const std::string strategy = std::move(picture_.strategy);
  picture_ = picture_of(record, view, Strategy(), world_.clock.now());
  picture_.strategy = strategy;
  began_at_ = record.summary.began_at.value_or(world_.clock.now());
  has_picture_ = true;
  draw_frame();
}

void RolloutDisplay::said(Instant at, const std::string& line) {
  const Output& err = world_.outputs.err;
  std::string text = to_clock(at, true) + "  " + environment_ + "  " + plain_line(line) + "\n";
  if (!err.style.unicode) text = in_ascii(text);
  err.write(err.is_terminal ? printer_.print_above(text) : text);
}

void RolloutDisplay::tick() {
  if (!has_picture_) return;
  picture_.now = world_.clock.now();
  if (!is_end(picture_.view.phase)) picture_.elapsed = picture_.now - began_at_;
  draw_frame();
}

void RolloutDisplay::resized() { printer_.resized(world_.outputs.err.width()); }

void RolloutDisplay::finish() {
  if (world_.outputs.err.is_terminal) world_.outputs.err.write(printer_.clear());
  has_picture_ = false;
}

void RolloutDisplay::draw_frame() {
  const Output& err = world_.outputs.err;
  err.write(printer_.show(draw(picture_, err.style, err.width())));
}

}  // namespace penstock
