#include "releases/make_release.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/glob.h"
#include "blobs/tree.h"

namespace penstock {
namespace {

constexpr std::string_view kWheel = ".whl";
constexpr std::string_view kSource = ".tar.gz";

std::string normalized(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const bool separator = c == '-' || c == '_' || c == '.';
    if (!separator) {
      text += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    } else if (!text.empty() && text.back() != '-') {
      text += '-';
    }
  }
  return text;
}

std::string file_name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// Of each job only what its last attempt kept.
std::vector<KeptArchive> newest_of(const std::vector<KeptArchive>& archives) {
  std::map<std::string, int64_t> last;
  for (const KeptArchive& archive : archives) last[archive.job] = std::max(last[archive.job], archive.attempt_id);
  std::vector<KeptArchive> newest;
  for (const KeptArchive& archive : archives) {
    if (last[archive.job] == archive.attempt_id) newest.push_back(archive);
  }
  return newest;
}

class Selection {
 public:
  explicit Selection(const std::string& wanted) : wanted_(wanted), pattern_(wanted, GlobStyle::doublestar) {
    is_name_ = wanted.find_first_of("*?[/") == std::string::npos && !distribution_of(wanted).wheel;
  }

  [[nodiscard]] bool takes(const std::string& path) const {
    const std::string name = file_name_of(path);
    const DistributionName distribution = distribution_of(name);
    if (wanted_.empty()) return !distribution.name.empty();
    if (is_name_ && distribution.name == normalized(wanted_)) return true;
    return pattern_.matches(path) || pattern_.matches(name);
  }

 private:
  const std::string& wanted_;
  Glob pattern_;
  bool is_name_ = false;
};

Error nothing_found(int64_t run, const std::string& wanted, const std::set<std::string>& names) {
  const std::string who = run == 0 ? "the work tree has" : "run " + std::to_string(run) + " kept";
  Error error{Fault::user, who + " no wheel to deploy", {}};
  if (!wanted.empty()) error.message = who + " no artifact `" + wanted + "`";
  if (names.empty()) {
    error.help = run == 0 ? "build first, or name the files or folders: --from PATH"
                          : "keep what is to be deployed as an artifact of its job: artifacts: {paths: [dist/]}";
    return error;
  }
  constexpr size_t kShown = 5;
  error.help = run == 0 ? "what is there: " : "what it kept: ";
  size_t shown = 0;
  for (const std::string& name : names) {
    if (shown == kShown) {
      error.help += run == 0 ? ", …" : ", … (ci artifacts ls)";
      break;
    }
    error.help += (shown++ == 0 ? "" : ", ") + name;
  }
  if (wanted.empty()) error.help += "; to deploy one of these, name it: application: {artifact: PATTERN}";
  return error;
}

Result<> add_file(Release& release, const TreeEntry& entry) {
  const std::string name = file_name_of(entry.path);
  for (const ReleaseFile& file : release.artifacts) {
    if (file.name != name) continue;
    if (file.digest == entry.content) return success();
    return Error{Fault::user, "there are two different files called `" + name + "`",
                 "say which one the environment takes: application: {artifact: PATTERN}"};
  }
  release.artifacts.push_back({name, entry.content, entry.size});
  return success();
}

/// Whether a file's name tells its release apart from the next one: `app-1.1.tar`.
bool names_version(const std::string& name) {
  for (size_t dash = name.find('-'); dash != std::string::npos; dash = name.find('-', dash + 1)) {
    if (dash + 1 < name.size() && name[dash + 1] >= '0' && name[dash + 1] <= '9') return true;
  }
  return false;
}

/// `app-2.8.0` after the first wheel, else after the first file: `service.py@1f0c2a9b`, which names no version.
void name_release(Release& release) {
  std::sort(release.artifacts.begin(), release.artifacts.end(),
            [](const ReleaseFile& a, const ReleaseFile& b) { return a.name < b.name; });
  for (const bool wheels : {true, false}) {
    for (const ReleaseFile& file : release.artifacts) {
      const DistributionName distribution = distribution_of(file.name);
      if (distribution.name.empty() || (wheels && !distribution.wheel)) continue;
      release.name = distribution.name + "-" + distribution.version;
      release.version = distribution.version;
      return;
    }
  }
  constexpr size_t kCommitDigits = 8;
  release.name = release.artifacts.front().name;
  if (!release.commit.empty() && !names_version(release.name))
    release.name += "@" + release.commit.substr(0, kCommitDigits);
}

}  // namespace

DistributionName distribution_of(const std::string& file_name) {
  const auto ends_with = [&](std::string_view end) {
    return file_name.size() > end.size() && file_name.ends_with(end);
  };
  DistributionName distribution;
  if (ends_with(kWheel)) {
    // name-version[-build]-python-abi-platform
    if (std::count(file_name.begin(), file_name.end(), '-') < 4) return {};
    const size_t name_end = file_name.find('-');
    const size_t version_end = file_name.find('-', name_end + 1);
    distribution.wheel = true;
    distribution.name = normalized(file_name.substr(0, name_end));
    distribution.version = file_name.substr(name_end + 1, version_end - name_end - 1);
  } else if (ends_with(kSource)) {
    const std::string stem = file_name.substr(0, file_name.size() - kSource.size());
    const size_t dash = stem.rfind('-');
    if (dash == std::string::npos || dash == 0 || dash + 1 == stem.size()) return {};
    if (stem[dash + 1] < '0' || stem[dash + 1] > '9') return {};
    distribution.name = normalized(stem.substr(0, dash));
    distribution.version = stem.substr(dash + 1);
  }
  return distribution;
}

Result<Release> make_release(BlobStore& blobs, const std::vector<KeptArchive>& archives, const BuiltFrom& from,
                             const std::string& wanted) {
  Release release;
  const Selection selection(wanted);
  std::set<std::string> names;
  for (const KeptArchive& archive : newest_of(archives)) {
    PENSTOCK_TRY(const Tree entries, get_tree(blobs, archive.tree));
    for (const TreeEntry& entry : entries) {
      if (entry.kind != TreeEntry::Kind::file) continue;
      names.insert(entry.path);
      if (!selection.takes(entry.path)) continue;
      PENSTOCK_CHECK(add_file(release, entry));
      release.built_at = std::max(release.built_at, archive.at);
    }
  }
  if (release.artifacts.empty()) return nothing_found(from.run, wanted, names);
  release.commit = from.commit;
  name_release(release);
  release.subject = from.subject;
  release.author = from.author;
  release.committed_at = from.committed_at;
  release.ref = from.ref;
  release.run = from.run;
  release.tests = from.tests;
  release.id = release_id(release.commit, release.artifacts);
  return release;
}

}  // namespace penstock
