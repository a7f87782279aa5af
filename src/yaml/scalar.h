#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "yaml/yaml.h"

/// What the text of a plain scalar means, by the rules of Ruby's Psych, which GitLab reads its files with (they are
/// neither quite YAML 1.1 nor 1.2: `y` is a string, `1e3` too, `1:30` is 5400).
namespace penstock::yaml {

ScalarType type_of(std::string_view text);

/// The value of a text that `type_of` gave that type.
bool bool_of(std::string_view text);
std::optional<int64_t> int_of(std::string_view text);
double float_of(std::string_view text);

/// Ruby's `to_s` of a number.
std::string int_to_text(std::string_view text);
std::string float_to_text(double value);

}  // namespace penstock::yaml
