#pragma once

#include "plan/dialect.h"

namespace penstock {

/// GitLab CI's language (`.gitlab-ci.yml`, `.ci/NAME.yml`). What it accepts and what it doesn't build yet:
/// docs/gitlab.md.
class GitLabDialect : public Dialect {
 public:
  [[nodiscard]] CompileResult compile(const CompileRequest& request, SourceReader& reader) const override;
};

}  // namespace penstock
