#pragma once

#include <vector>

#include "environments/inherit.h"
#include "environments/readers.h"

namespace penstock::environments {

/// One of an environment's `services`, on its way to an environment of its own.
struct WrittenService {
  ServiceSpec spec;
  const Node* key = nullptr;
  const Node* node = nullptr;  ///< What it says over what all of them share.
  bool has_folder = false;     ///< It says its own `folder`.
};

/// The services of an entry in the order in which they are rolled out: each after those that it names, else as written.
/// Empty where something can't be, which is reported.
std::vector<WrittenService> read_services(Report& report, yaml::Arena& arena, Inheritance& inheritance,
                                          const Written& group);

/// What is left to say of the environment that they make up.
EnvironmentSpec read_group(Report& report, const Written& group, const std::vector<WrittenService>& services);

/// What the service's environment shares with those beside it, told apart: a folder that all inherit gets its name.
void tell_apart(const WrittenService& service, EnvironmentSpec& spec);

}  // namespace penstock::environments
