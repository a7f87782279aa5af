#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/environment.h"
#include "protocol/job_spec.h"

namespace penstock::sandbox {

/// The Python version that an image's name stands for: `3.12` for `python:3.12-slim`,
/// `registry.example/library/python:3.12.1`, `3` for `python:3`, and `` (any) for `python`. Nothing for other images.
std::optional<std::string> python_of_image(std::string_view image);

/// A folder with `python`, `python3` and `pip` of this version, to stand first on PATH.
struct Interpreter {
  std::string program;  ///< What was found, as in `/usr/bin/python3.12`.
  std::string folder;   ///< Empty where PATH serves as it is.
};

/// Looks for that interpreter: in the active virtual environment, on PATH, among pyenv's and uv's. Nothing where the
/// machine hasn't got it.
Result<std::optional<Interpreter>> find_python(const std::string& version, const os::Environment& caller);

/// What becomes of a job's image and services without containers.
struct ImageChoice {
  std::vector<std::string> notices;
  std::string path_folder;  ///< To put first on PATH, or empty.
};

/// With `strict`, an image or a service is an Error with Fault::user.
Result<ImageChoice> choose_for_image(const JobSpec& spec, const os::Environment& caller, bool strict);

}  // namespace penstock::sandbox
