#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "plan/plan.h"

namespace penstock {
struct PipelineKind;
}

namespace penstock::gitlab {

/// Variables by name, of one level of precedence. Points into lists that must outlive it.
class VariableLayer {
 public:
  VariableLayer() = default;
  explicit VariableLayer(const Variables& variables) { add(variables); }
  /// Later ones hold over earlier ones of the same name.
  void add(const Variables& variables);
  [[nodiscard]] const Variable* find(std::string_view name) const;

 private:
  std::unordered_map<std::string_view, const Variable*> by_name_;
};

class Scope;

/// What was asked of a scope, and its answers: what depends on nothing else comes to the same in another scope that
/// gives the same ones.
class Answers {
 public:
  void add(std::string_view name, const Variable* variable);
  [[nodiscard]] bool hold_in(const Scope& scope) const;

 private:
  struct Answer {
    std::string name;
    std::optional<Variable> variable;
  };
  std::vector<Answer> answers_;
};

/// What a name means in one place of the pipeline: levels of precedence, highest first. Cheap to copy; large levels are
/// shared layers, small ones (a job's own) are searched as lists.
class Scope {
 public:
  /// Adds a level below all that are there, of which there may be eight.
  Scope& below(const VariableLayer& layer);
  Scope& below(const Variables& variables);
  /// The same, and writes down there what it is asked.
  [[nodiscard]] Scope heard_by(Answers& answers) const;
  [[nodiscard]] const Variable* find(std::string_view name) const;

 private:
  [[nodiscard]] const Variable* look_up(std::string_view name) const;

  struct Level {
    const VariableLayer* layer = nullptr;
    const Variables* list = nullptr;
  };
  static constexpr size_t kMostLevels = 8;
  std::array<Level, kMostLevels> levels_{};  ///< Made for each job: without memory of its own.
  size_t count_ = 0;
  Answers* heard_by_ = nullptr;
};

/// A kind of pipeline that is looked at besides the one that is compiled.
struct KindScope {
  const PipelineKind* kind = nullptr;
  VariableLayer predefined;
  bool apart = false;  ///< Its includes are others, so that nothing is known of its jobs from what is compiled.
};

/// Whether a variable is only known when a job runs (`CI_JOB_ID`, `CI_PROJECT_DIR`, …): references to it stay as they
/// are.
bool is_dynamic_variable(std::string_view name);

enum class Unknown { empty, keep };

/// Expands `$NAME`, `${NAME}` and `%NAME%` as GitLab does on its side, nested. Secrets and dynamic variables stay
/// references; other unknown names become empty or stay, as asked. A cycle stays as written.
std::string expand(std::string_view text, const Scope& scope, Unknown unknown);
/// The same with each value as it stands: what it refers to itself is not looked at.
std::string expand_once(std::string_view text, const Scope& scope, Unknown unknown);

}  // namespace penstock::gitlab
