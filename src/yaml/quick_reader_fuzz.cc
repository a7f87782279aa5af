#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/libyaml_reader.h"
#include "yaml/quick_reader.h"

namespace {

using penstock::yaml::Event;
using penstock::yaml::Position;

/// What a reader tells, as text to compare, up to the depth that a pipeline may have.
class Told : public penstock::yaml::EventSink {
 public:
  bool take(const Event& event) override {
    const bool opens = event.type == Event::Type::sequence || event.type == Event::Type::mapping;
    const bool is_end = event.type == Event::Type::end;
    const bool is_scalar = event.type == Event::Type::scalar;
    text += static_cast<char>('0' + static_cast<int>(event.type));
    text += static_cast<char>('0' + static_cast<int>(event.style));
    text.append(event.text).append(event.anchor).append(event.tag);
    if (is_scalar || opens) add(event.start);
    if (is_scalar || (is_end && open_.back())) add(event.end);
    if (opens) open_.push_back(event.flow);
    if (is_end) open_.pop_back();
    return open_.size() < 100;
  }
  std::string text;

 private:
  void add(Position at) { text += " " + std::to_string(at.line) + ":" + std::to_string(at.column) + "\n"; }
  std::vector<bool> open_;  ///< Whether each is `[…]` or `{…}`.
};

}  // namespace

/// What is read quickly, libyaml reads just so.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Told quickly;
  if (!penstock::yaml::read_quickly(text, quickly)) return 0;
  Told told;
  const auto file = std::make_shared<const penstock::SourceFile>(penstock::SourceFile{"fuzz.yml", text});
  if (penstock::yaml::read_with_libyaml(file, told) || told.text != quickly.text) std::abort();
  return 0;
}
