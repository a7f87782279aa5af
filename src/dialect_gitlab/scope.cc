#include "dialect_gitlab/scope.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/variable_name.h"

namespace penstock::gitlab {
namespace {

constexpr std::array<std::string_view, 21> kDynamic = {
    "CI_BUILDS_DIR",      "CI_CONCURRENT_ID",  "CI_CONCURRENT_PROJECT_ID",
    "CI_DEPLOY_PASSWORD", "CI_DEPLOY_USER",    "CI_JOB_ID",
    "CI_JOB_STARTED_AT",  "CI_JOB_STATUS",     "CI_JOB_TIMEOUT",
    "CI_JOB_TOKEN",       "CI_JOB_URL",        "CI_PIPELINE_ID",
    "CI_PIPELINE_URL",    "CI_PROJECT_DIR",    "CI_REGISTRY_PASSWORD",
    "CI_REGISTRY_USER",   "CI_REPOSITORY_URL", "CI_RUNNER_DESCRIPTION",
    "CI_RUNNER_ID",       "CI_RUNNER_TAGS",    "CI_RUNNER_VERSION",
};
constexpr size_t kMaxExpansion = 64 * 1024;  // Bytes: doubling variables would fill the memory otherwise.
constexpr size_t kMaxDepth = 32;
constexpr int kMaxReferences = 10'000;  // Doubling variables that end in an empty one grow in time alone.

std::string_view name_at(std::string_view text) { return text.substr(0, variable_name_length(text)); }

struct Reference {
  std::string_view name;  // Empty: none here.
  size_t length = 0;      // Of all that was written, sigils included.
};

Reference reference_at(std::string_view text) {
  if (text.starts_with("${")) {
    std::string_view name = name_at(text.substr(2));
    if (!name.empty() && text.substr(2 + name.size()).starts_with("}")) return {name, name.size() + 3};
  } else if (text.starts_with("$")) {
    std::string_view name = name_at(text.substr(1));
    if (!name.empty()) return {name, name.size() + 1};
  } else if (text.starts_with("%")) {
    std::string_view name = name_at(text.substr(1));
    if (!name.empty() && text.substr(1 + name.size()).starts_with("%")) return {name, name.size() + 2};
  }
  return {};
}

struct Expansion {
  const Scope& scope;
  Unknown unknown;
  std::vector<std::string_view> open;  // Names that are being expanded, against cycles.
  std::string output;
  int references = 0;
  bool once = false;

  void text(std::string_view text) {
    while (!text.empty() && output.size() < kMaxExpansion) {
      size_t next = text.find_first_of("$%");
      output.append(text.substr(0, next));
      if (next == std::string_view::npos) return;
      text.remove_prefix(next);
      if (text.starts_with("$$") || text.starts_with("%%")) {
        output.append(text.substr(0, 2));
        text.remove_prefix(2);
        continue;
      }
      Reference found = reference_at(text);
      if (found.name.empty()) {
        output += text.front();
        text.remove_prefix(1);
        continue;
      }
      reference(found.name, text.substr(0, found.length));
      text.remove_prefix(found.length);
    }
  }

  void reference(std::string_view name, std::string_view written) {
    const Variable* variable = scope.find(name);
    bool cyclic = std::find(open.begin(), open.end(), name) != open.end();
    if (variable == nullptr) {
      if (unknown == Unknown::keep || is_dynamic_variable(name)) output.append(written);
    } else if (variable->secret || variable->file || cyclic || open.size() >= kMaxDepth ||
               ++references > kMaxReferences) {
      output.append(written);
    } else if (variable->raw || once) {
      output.append(variable->value);
    } else {
      open.push_back(variable->name);
      text(variable->value);
      open.pop_back();
    }
  }
};

}  // namespace

void VariableLayer::add(const Variables& variables) {
  for (const Variable& variable : variables) by_name_[variable.name] = &variable;
}

const Variable* VariableLayer::find(std::string_view name) const {
  auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

Scope& Scope::below(const VariableLayer& layer) {
  levels_.at(count_++) = {&layer, nullptr};
  return *this;
}

Scope& Scope::below(const Variables& variables) {
  levels_.at(count_++) = {nullptr, &variables};
  return *this;
}

Scope Scope::heard_by(Answers& answers) const {
  Scope heard = *this;
  heard.heard_by_ = &answers;
  return heard;
}

const Variable* Scope::find(std::string_view name) const {
  const Variable* found = look_up(name);
  if (heard_by_ != nullptr) heard_by_->add(name, found);
  return found;
}

const Variable* Scope::look_up(std::string_view name) const {
  for (const Level& level : std::span(levels_.data(), count_)) {
    if (level.layer != nullptr) {
      if (const Variable* found = level.layer->find(name)) return found;
      continue;
    }
    for (auto variable = level.list->rbegin(); variable != level.list->rend(); ++variable) {
      if (variable->name == name) return &*variable;
    }
  }
  return nullptr;
}

void Answers::add(std::string_view name, const Variable* variable) {
  answers_.push_back({std::string(name), variable == nullptr ? std::nullopt : std::optional(*variable)});
}

bool Answers::hold_in(const Scope& scope) const {
  return std::all_of(answers_.begin(), answers_.end(), [&](const Answer& answer) {
    const Variable* now = scope.find(answer.name);
    return answer.variable.has_value() == (now != nullptr) && (now == nullptr || *now == *answer.variable);
  });
}

bool is_dynamic_variable(std::string_view name) {
  return std::find(kDynamic.begin(), kDynamic.end(), name) != kDynamic.end();
}

namespace {

std::string expanded(std::string_view text, const Scope& scope, Unknown unknown, bool once) {
  if (text.find_first_of("$%") == std::string_view::npos) return std::string(text);
  Expansion expansion{scope, unknown, {}, {}};
  expansion.once = once;
  expansion.text(text);
  if (expansion.output.size() > kMaxExpansion) expansion.output.resize(kMaxExpansion);
  return std::move(expansion.output);
}

}  // namespace

std::string expand(std::string_view text, const Scope& scope, Unknown unknown) {
  return expanded(text, scope, unknown, false);
}

std::string expand_once(std::string_view text, const Scope& scope, Unknown unknown) {
  return expanded(text, scope, unknown, true);
}

}  // namespace penstock::gitlab
