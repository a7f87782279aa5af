#pragma once

#include <string_view>

#include "yaml/event.h"

namespace penstock::yaml {

/// Reads YAML as people mostly write it, several times as quickly as libyaml: block mappings and sequences of plain and
/// quoted scalars and of `[…]` and `{…}`, each of one line, with comments, in ASCII. It judges nothing: false for
/// whatever it isn't sure of, mistakes included, or when the sink has enough; what the sink was told is worthless then,
/// and libyaml has to read the text. When it is true, libyaml would have told the same.
bool read_quickly(std::string_view text, EventSink& sink);

}  // namespace penstock::yaml
