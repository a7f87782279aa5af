#include "dialect_gitlab/advice.h"

namespace penstock::gitlab {
namespace {

/// What is compiled for a kind of pipeline of its own.
struct OfKind {
  CompileRequest request;
  std::unique_ptr<Compilation> compilation;
};

}  // namespace

void advise_on_kinds(const CompileRequest& request, SourceReader& reader, Compilation& first) {
  std::vector<Advice*> all = {first.advice()};
  std::vector<std::unique_ptr<OfKind>> others;  // where they lie is known to their compilations
  for (std::vector<const PipelineKind*> left = first.kinds_apart(); !left.empty();) {
    OfKind& one = *others.emplace_back(std::make_unique<OfKind>());
    one.request = request;
    one.request.predefined = left.front()->predefined;
    one.request.with_children = one.request.every_include = false;
    one.compilation = std::make_unique<Compilation>(one.request, reader, Compilation::View{left, false});
    one.compilation->run();
    // Of mistakes in a pipeline that isn't asked for the one that is has nothing to say.
    if (one.compilation->failed() || one.compilation->advice() == nullptr) {
      left.erase(left.begin());
      continue;
    }
    all.push_back(one.compilation->advice());
    left = one.compilation->kinds_apart();
  }
  Advice::compare_pipelines(all);
  for (const auto& one : others) {
    if (!one->compilation->failed()) first.add(one->compilation->take_diagnostics());
  }
}

}  // namespace penstock::gitlab
