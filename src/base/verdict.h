#pragma once

namespace penstock {

/// What a look at a new release says: analysis/ judges, rollout/ acts on it. Without data it is inconclusive.
enum class Verdict { pass, fail, inconclusive };

}  // namespace penstock
