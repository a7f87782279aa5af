#include "includes/git_cache.h"

#include <algorithm>
#include <chrono>

#include "base/digest.h"
#include "git/command.h"
#include "os/files.h"
#include "os/lock.h"
#include "os/process.h"

namespace penstock {
namespace {

namespace fs = std::filesystem;

constexpr Duration kTimeout = std::chrono::seconds(60);
constexpr size_t kListingLimit = size_t{64} << 20;

/// The environment in which git reaches a network as it would in the clone itself: nobody is asked anything, and a host
/// that doesn't answer is given up.
os::Environment network_environment(const IncludeSettings& settings) {
  os::Environment environment = git::clean_environment(os::current_environment());
  size_t count = 0;
  if (const auto given = environment.find("GIT_CONFIG_COUNT"); given != environment.end()) {
    count = static_cast<size_t>(std::strtoul(given->second.c_str(), nullptr, 10));
  }
  for (const git::ConfigEntry& entry : settings.transport) {
    environment["GIT_CONFIG_KEY_" + std::to_string(count)] = entry.key;
    environment["GIT_CONFIG_VALUE_" + std::to_string(count)] = entry.value;
    ++count;
  }
  if (count > 0) environment["GIT_CONFIG_COUNT"] = std::to_string(count);
  const bool own_ssh = environment.contains("GIT_SSH") || environment.contains("GIT_SSH_COMMAND");
  if (!own_ssh && !settings.ssh_command) {
    environment["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes -o ConnectTimeout=10";
  }
  return environment;
}

}  // namespace

Result<std::shared_ptr<git::Repository>> repository_at(const fs::path& folder) {
  const fs::path inside = folder / ".git";
  std::error_code missing;
  if (fs::is_directory(inside, missing)) return std::make_shared<git::Repository>(git::Repository::at(inside));
  if (fs::exists(inside, missing)) {  // a work tree of another clone
    PENSTOCK_TRY(git::Repository opened, git::Repository::open(folder));
    return std::make_shared<git::Repository>(std::move(opened));
  }
  const bool bare = fs::is_regular_file(folder / "HEAD", missing) && fs::is_directory(folder / "objects", missing);
  if (!bare) return std::shared_ptr<git::Repository>();
  return std::make_shared<git::Repository>(git::Repository::at(folder));
}

RefList refs_of(const git::Repository& repository) {
  const Result<std::string> listing = repository.run({"show-ref", "--head", "--dereference"});
  return RefList::parse(listing.ok() ? std::string_view(*listing) : std::string_view());
}

GitCache::GitCache(fs::path folder, const IncludeSettings& settings)
    : folder_(std::move(folder)), offline_(settings.offline), environment_(network_environment(settings)) {}

fs::path GitCache::folder_of(const std::string& address) const { return folder_ / to_hex(sha256(address)); }

Result<std::string> GitCache::git(const fs::path& folder, const std::vector<std::string>& arguments) {
  git::Location location;
  location.git_folder = folder;
  location.explicit_folder = true;
  os::RunOptions options;
  options.environment = environment_;
  options.folder = folder;
  options.timeout = std::min(kTimeout, left_);
  options.own_group = true;
  const auto began = std::chrono::steady_clock::now();
  Result<os::RunResult> ran = os::run(git::command(location, arguments), options);
  left_ -= std::min(left_, std::chrono::ceil<Duration>(std::chrono::steady_clock::now() - began));
  PENSTOCK_TRY(os::RunResult result, std::move(ran));
  if (!result.status.ok()) return git::git_error(arguments, result);
  return std::move(result.output);
}

Result<fs::path> GitCache::prepare(const std::string& address) {
  fs::path folder = folder_of(address);
  std::error_code missing;
  if (fs::exists(folder / "HEAD", missing)) return folder;
  PENSTOCK_CHECK(os::ensure_folder(folder, 0700));
  PENSTOCK_CHECK(git(folder, {"init", "--quiet", "--bare", folder.native()}));
  return folder;
}

Result<RefList> GitCache::refs(const std::string& address, Which which) {
  const std::pair key(address, which);
  if (const auto known = refs_.find(key); known != refs_.end()) return known->second;
  const bool head = which == Which::default_branch;
  const fs::path kept = folder_of(address) / (head ? "penstock-head" : "penstock-refs");
  if (offline_) {
    PENSTOCK_TRY(const std::optional<std::string> listing, os::read_file_if_exists(kept, kListingLimit));
    if (!listing) return Error{Fault::user, "it isn't in the cache, and nothing is fetched (--offline)", ""};
    return refs_[key] = RefList::parse(*listing);
  }
  PENSTOCK_TRY(const fs::path folder, prepare(address));
  // A server may have a ref for each merge request: those are not asked for.
  PENSTOCK_TRY(const std::string listing,
               git(folder, head ? std::vector<std::string>{"ls-remote", "--", address, "HEAD"}
                                : std::vector<std::string>{"ls-remote", "--heads", "--tags", "--", address}));
  (void)os::write_atomically(kept, listing);
  return refs_[key] = RefList::parse(listing);
}

Result<> GitCache::fetch(const fs::path& folder, const std::string& address, const std::string& commit) {
  const std::string into = commit + ":refs/penstock/" + commit;
  const std::vector<std::string> quiet{"fetch", "--quiet", "--no-tags", "--no-write-fetch-head"};
  std::vector<std::string> one = quiet;
  one.insert(one.end(), {"--depth=1", "--", address, into});
  if (git(folder, one).ok()) return success();
  // Some servers give no commit by its id alone.
  std::vector<std::string> all = quiet;
  all.insert(all.end(), {"--", address, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"});
  PENSTOCK_CHECK(git(folder, all));
  return success();
}

Result<std::shared_ptr<git::Repository>> GitCache::with_commit(const std::string& address, const std::string& commit) {
  const fs::path folder = folder_of(address);
  const auto look = [&]() -> Result<std::shared_ptr<git::Repository>> {
    std::error_code missing;
    if (!fs::exists(folder / "HEAD", missing)) return std::shared_ptr<git::Repository>();
    auto repository = std::make_shared<git::Repository>(git::Repository::at(folder));
    PENSTOCK_TRY(const auto found, repository->object(commit + "^{commit}"));
    return found ? repository : nullptr;
  };
  PENSTOCK_TRY(std::shared_ptr<git::Repository> repository, look());
  if (repository) return repository;
  if (offline_) {
    return Error{Fault::user,
                 "commit " + commit.substr(0, 8) + " isn't in the cache, and nothing is fetched (--offline)", ""};
  }
  PENSTOCK_CHECK(prepare(address));
  PENSTOCK_TRY(const os::FileLock lock, os::FileLock::take(folder / "penstock-lock"));
  PENSTOCK_CHECK(fetch(folder, address, commit));
  PENSTOCK_TRY(repository, look());
  if (!repository) return Error{Fault::user, "it has no commit " + commit, ""};
  return repository;
}

}  // namespace penstock
