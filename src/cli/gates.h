#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace penstock {

class Run;

/// What a name opens in one run.
struct Gates {
  std::vector<size_t> waiting;  ///< Jobs that can be opened now: manual ones, and delayed ones before their time.
  std::vector<size_t> known;    ///< Jobs that the name means at all.
};

/// The jobs of an environment of that name, else of a stage, else the job (or the jobs of a matrix) that is called so.
Gates gates_of(const Run& run, const std::string& name);

}  // namespace penstock
