#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "runner/go_duration.h"
#include "runner/variables.h"

/// The input: lines `NAME=value` in layers parted by empty lines; a name's first character says what kind it is. They
/// compose to an environment that a process can be started with, or are refused; and a value is a duration or none.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penstock;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::vector<Variables> layers(1);
  while (!input.empty()) {
    const size_t end = input.find('\n');
    const std::string_view line = input.substr(0, end);
    input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
    if (line.empty()) {
      layers.emplace_back();
      continue;
    }
    const size_t equals = line.find('=');
    Variable variable;
    variable.name = line.substr(0, equals);
    if (equals != std::string_view::npos) variable.value = line.substr(equals + 1);
    variable.raw = line.front() == 'R';
    variable.file = line.front() == 'F';
    (void)parse_go_duration(variable.value);
    layers.back().push_back(std::move(variable));
  }
  Values files;
  const auto values = compose_variables(layers, "/files", files);
  if (!values.ok()) {
    if (values.error().message.empty()) std::abort();
    return 0;
  }
  for (const std::string& entry : as_environment(*values)) {
    if (entry.size() >= 131072 || entry.find('\0') != std::string::npos || entry.find('=') == 0) std::abort();
  }
  for (const auto& [name, content] : files) {
    if (values->at(name) != "/files/" + name || name.find('/') != std::string::npos) std::abort();
  }
  if (from_environment(as_environment(*values)).size() != values->size()) std::abort();
  return 0;
}
