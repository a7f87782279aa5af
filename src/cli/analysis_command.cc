#include <algorithm>
#include <string>

#include "analysis/record.h"
#include "analysis/sparkline.h"
#include "base/digest.h"
#include "base/json_writer.h"
#include "base/text_width.h"
#include "blobs/blob_store.h"
#include "cli/commands.h"
#include "cli/project.h"
#include "os/files.h"

namespace penstock {
namespace {

constexpr size_t kLargest = size_t{64} << 20U;

/// One look: where its record comes from, and what judging it again gives.
struct Look {
  AnalysisRecord record;
  Replay replay;
};

/// The store keeps a look as the digest of the blob that has it, or whole.
Result<AnalysisRecord> record_of(const std::string& kept, BlobStore& blobs) {
  const auto digest = digest_from_hex(kept);
  if (!digest) return analysis_record_from_json(kept);
  PENSTOCK_TRY(const std::string text, get(blobs, *digest, kLargest));
  return analysis_record_from_json(text);
}

/// The rollout that is asked for, else the newest that was judged.
Result<int64_t> rollout_of(Project& project, int64_t asked) {
  if (asked != 0) return asked;
  constexpr size_t kNewest = 100;
  PENSTOCK_TRY(const auto rollouts, project.store().rollouts("", kNewest));
  for (const RolloutRecord& rollout : rollouts) {
    PENSTOCK_TRY(const auto analyses, project.store().analyses(rollout.id));
    if (!analyses.empty()) return rollout.id;
  }
  return Error{Fault::user, "no rollout was judged yet",
               "an environment is judged by its `analysis:` in .ci/environments.yml"};
}

Result<std::vector<AnalysisRecord>> records_of(const AnalysisArguments& arguments, const World& world) {
  std::vector<AnalysisRecord> records;
  if (!arguments.file.empty()) {
    PENSTOCK_TRY(const std::string text, os::read_file(world.folder / arguments.file, kLargest));
    PENSTOCK_TRY(records.emplace_back(), analysis_record_from_json(text));
    return records;
  }
  PENSTOCK_TRY(Project project, open_project(world));
  PENSTOCK_TRY(const int64_t rollout, rollout_of(project, arguments.rollout));
  PENSTOCK_CHECK(project.store().load_rollout(rollout));
  PENSTOCK_TRY(const auto kept, project.store().analyses(rollout));
  if (kept.empty())
    return Error{Fault::user, "rollout " + std::to_string(rollout) + " was not judged", "ci rollout list"};
  PENSTOCK_TRY(const auto blobs, project.open_blobs());
  for (const std::string& look : kept) {
    PENSTOCK_TRY(records.emplace_back(), record_of(look, *blobs));
  }
  return records;
}

std::string_view word(Verdict verdict) {
  return verdict == Verdict::pass ? "pass" : verdict == Verdict::fail ? "fail" : "inconclusive";
}

Mark mark_of(Verdict verdict) {
  return verdict == Verdict::pass ? Mark::passed : verdict == Verdict::fail ? Mark::failed : Mark::person;
}

std::string to_text(const std::vector<Look>& looks, const Style& style) {
  std::string text;
  for (const Look& look : looks) {
    text += "look " + std::to_string(look.record.input.look) + " of " + std::to_string(look.record.input.looks) + "  " +
            style.mark(mark_of(look.replay.judgement.verdict)) + " " + std::string(word(look.replay.judgement.verdict));
    text += look.replay.same ? style.dim("  as it was judged then")
                             : style.red("  then: " + std::string(word(look.record.judgement.verdict)) + ", " +
                                         printable(look.record.judgement.summary));
    text += "\n";
    for (const MetricJudgement& metric : look.replay.judgement.metrics) {
      text += "  " + style.mark(mark_of(metric.verdict)) + " " + printable(metric.metric) + "  ";
      if (!metric.facts.empty()) text += printable(metric.facts) + "  ";
      text += printable(metric.conclusion);
      if (!metric.trend.empty()) text += "  " + style.dim(sparkline(metric.trend, style.unicode));
      text += "\n";
    }
  }
  return text;
}

std::string to_json(const std::vector<Look>& looks) {
  std::string text;
  JsonWriter json(text, 2);
  json.begin_array();
  for (const Look& look : looks) {
    json.begin_object().member("look", look.record.input.look).member("looks", look.record.input.looks);
    json.member("verdict", word(look.replay.judgement.verdict)).member("summary", look.replay.judgement.summary);
    json.member("then", word(look.record.judgement.verdict)).member("same", look.replay.same);
    json.key("record").raw(to_json(look.record)).end_object();
  }
  json.end_array();
  return text + "\n";
}

Result<int> replay_looks(const AnalysisArguments& arguments, const World& world) {
  PENSTOCK_TRY(std::vector<AnalysisRecord> records, records_of(arguments, world));
  std::vector<Look> looks;
  for (AnalysisRecord& record : records) {
    Replay again = replay(record);
    looks.push_back({std::move(record), std::move(again)});
  }
  const Output& out = world.outputs.out;
  out.write(arguments.json ? to_json(looks) : to_text(looks, out.style));
  const bool all_same = std::all_of(looks.begin(), looks.end(), [](const Look& look) { return look.replay.same; });
  return static_cast<int>(all_same ? kPassed : kFailed);
}

}  // namespace

int execute(const AnalysisArguments& arguments, World& world) {
  const auto status = replay_looks(arguments, world);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
