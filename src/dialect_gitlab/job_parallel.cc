#include <algorithm>
#include <array>

#include "dialect_gitlab/inputs.h"
#include "dialect_gitlab/job.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

constexpr int kMaxInstances = 200;
constexpr std::array<Keyword, 1> kParallel = {{{"matrix"}}};

struct Axis {
  std::string name;
  std::vector<std::string> values;
};

std::optional<Axis> read_axis(Report& report, const yaml::Entry& entry) {
  Axis axis{entry.key->to_text(), {}};
  check_variable_name(report, *entry.key);
  const Node* const alone = entry.value;
  for (const Node* item : alone->is_sequence() ? alone->items() : std::span<const Node* const>(&alone, 1)) {
    if (!item->is_scalar() || item->is_null()) {
      wrong_type(report, *item, "a value of `" + axis.name + "`", "a string or a number");
      return std::nullopt;
    }
    axis.values.push_back(item->is_string() ? std::string(item->text()) : item->to_text());
  }
  if (!axis.values.empty()) return axis;
  report.error("missing-value", entry.value->span(), "`" + axis.name + "` has no values");
  return std::nullopt;
}

/// All permutations of one entry, the last axis turning fastest; false where they are more than `room`.
bool permute(const std::vector<Axis>& axes, size_t room, std::vector<MatrixValues>& all) {
  size_t count = 1;
  for (const Axis& axis : axes) {
    count *= axis.values.size();
    if (count > room) return false;
  }
  for (size_t i = 0; i < count; ++i) {
    MatrixValues values(axes.size());
    size_t rest = i;
    for (size_t a = axes.size(); a-- > 0; rest /= axes[a].values.size()) {
      values[a] = {axes[a].name, axes[a].values[rest % axes[a].values.size()]};
    }
    all.push_back(std::move(values));
  }
  return true;
}

}  // namespace

std::vector<MatrixValues> parse_matrix(Report& report, const Node& node) {
  std::vector<MatrixValues> all;
  if (!node.is_sequence()) {
    wrong_type(report, node, "`matrix`", "a list of mappings");
    return all;
  }
  for (const Node* entry : flat_items(node)) {
    if (!entry->is_mapping() || entry->entries().empty()) {
      report.error("wrong-type", entry->span(), "an entry of `matrix` must be a mapping of variables to values");
      continue;
    }
    std::vector<Axis> axes;
    for (const yaml::Entry& variable : entry->entries()) {
      if (std::optional<Axis> axis = read_axis(report, variable)) axes.push_back(std::move(*axis));
    }
    if (axes.size() != entry->entries().size()) continue;
    if (!permute(axes, kMaxInstances - all.size(), all)) {
      report.error("too-many", node.span(), "this matrix makes more than 200 jobs");
      break;
    }
  }
  return all;
}

namespace {

constexpr std::string_view kMatrix = "matrix.";

/// `value` with the matrix values of the job that needs; nothing where it names one that there isn't, which is
/// reported.
std::optional<std::string> with_matrix_values(Report& report, const std::string& value, const NeedRequest& need,
                                              const Job& job) {
  std::string result;
  size_t done = 0;
  for (InterpolationBlock block = next_block(value, 0); block.length > 0; block = next_block(value, done)) {
    result += value.substr(done, block.offset - done);
    done = block.offset + block.length;
    if (!block.content.starts_with(kMatrix)) {
      result += value.substr(block.offset, block.length);
      continue;
    }
    const std::string name(block.content.substr(kMatrix.size()));
    const auto found =
        std::find_if(job.matrix.begin(), job.matrix.end(), [&](const auto& axis) { return axis.first == name; });
    if (found == job.matrix.end()) {
      Diagnostic& told = report.error(
          "unknown-matrix-value", need.matrix->span(),
          job.matrix.empty()
              ? "job `" + job.group + "` has no matrix of its own, so `$[[ matrix." + name + " ]]` means nothing here"
              : "the matrix of `" + job.group + "` has no `" + name + "`");
      std::vector<std::string_view> names;
      for (const auto& axis : job.matrix) names.push_back(axis.first);
      told.instead = nearest(name, names);
      return std::nullopt;
    }
    result += found->second;
  }
  return result + value.substr(done);
}

}  // namespace

void place_matrix_values(Report& report, std::vector<NeedRequest>& needs, const Job& job) {
  for (NeedRequest& need : needs) {
    for (MatrixValues& values : need.instances) {
      for (auto& [axis, value] : values) {
        if (value.find("$[[") == std::string::npos) continue;
        std::optional<std::string> placed = with_matrix_values(report, value, need, job);
        if (!placed) {
          need.matrix = nullptr;  // told; no more is known of which instances are meant
          need.optional = true;
          break;
        }
        value = std::move(*placed);
      }
      if (need.matrix == nullptr) break;
    }
  }
}

std::string instance_name(std::string_view name, const MatrixValues& values) {
  constexpr std::string_view kOpen = ": [";
  constexpr std::string_view kBetween = ", ";
  size_t length = name.size() + kOpen.size() + 1;
  for (const auto& axis : values) length += kBetween.size() + axis.second.size();
  std::string text;
  text.reserve(length);
  text.append(name).append(kOpen);
  for (size_t i = 0; i < values.size(); ++i)
    text.append(i == 0 ? std::string_view() : kBetween).append(values[i].second);
  return text += ']';
}

std::vector<std::string> instance_names(const Draft& draft) {
  std::vector<std::string> names;
  for (const MatrixValues& values : draft.matrix) names.push_back(instance_name(draft.name, values));
  for (int i = 1; i <= draft.parallel; ++i) {
    names.push_back(std::string(draft.name) + " " + std::to_string(i) + "/" + std::to_string(draft.parallel));
  }
  if (names.empty()) names.emplace_back(draft.name);
  return names;
}

bool is_too_long(std::string_view name) {
  constexpr size_t kLongest = 255;
  if (name.size() <= kLongest) return false;
  const auto characters = std::count_if(name.begin(), name.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return static_cast<size_t>(characters) > kLongest;
}

void read_parallel(JobReader& reader, const Node& node) {
  if (!node.is_mapping()) {
    reader.draft.parallel = read_int(reader.report, node, "`parallel`", 1, kMaxInstances).value_or(0);
    return;
  }
  check_keywords(reader.report, node, kParallel, "`parallel`");
  const Node* matrix = node.find("matrix");
  if (matrix == nullptr) {
    reader.report.error("missing-value", node.span(), "`parallel` has no `matrix`");
    return;
  }
  reader.draft.matrix = parse_matrix(reader.report, *matrix);
}

}  // namespace penstock::gitlab
