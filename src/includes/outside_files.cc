#include "includes/outside_files.h"

#include <algorithm>
#include <cctype>

#include "os/files.h"

namespace penstock {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLargestTemplate = size_t{1} << 20;
constexpr size_t kShortestId = 7;

std::string name_of(const OutsideProject& wanted) {
  return (wanted.host.empty() ? "" : wanted.host + "/") + wanted.path + (wanted.ref.empty() ? "" : "@" + wanted.ref);
}

/// An address that names no host: a folder's.
bool is_folder(const std::string& pattern) {
  return pattern.starts_with('/') || pattern.starts_with('.') || pattern.starts_with("file:");
}

bool is_abbreviated_id(const std::string& ref) {
  return ref.size() >= kShortestId && ref.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// On GitLab a project's path has no case.
bool same_path(std::string_view one, std::string_view other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

/// `address`: the last one that was asked; empty where there is none to ask.
std::string what_to_do(const OutsideProject& wanted, const std::string& address, bool offline) {
  const std::string mirror =
      "`git config --global penstock.mirror FOLDER` for a folder that has it at `" + wanted.path + "`";
  if (offline && !address.empty()) return "let it be fetched once, without --offline; or name a mirror: " + mirror;
  if (!address.empty()) return "look why with `git ls-remote " + address + "`; or name a mirror: " + mirror;
  const std::string host = wanted.host.empty() ? "HOST" : wanted.host;
  return "say where projects lie: " + mirror + ", or `git config penstock.remote 'https://" + host +
         "/{project}.git'` for where git fetches them";
}

}  // namespace

/// One project that is looked for: where it was not found, and in the end what was.
struct OutsideFiles::Search {
  explicit Search(const OutsideProject& project) : wanted(project), name(name_of(project)) {}

  const OutsideProject& wanted;
  std::string name;
  const Pin* pin = nullptr;
  std::vector<std::string> tried;
  FoundProject found = {};
  Pin used = {};

  [[nodiscard]] std::string no_ref(const std::string& where) const {
    const std::string& ref = pin != nullptr ? pin->commit : wanted.ref;
    return ref.empty() ? where + " has no commit yet" : where + " has no `" + ref + "`";
  }
};

OutsideFiles::OutsideFiles(OwnProject own, IncludeSettings settings, const fs::path& cache,
                           std::optional<LockFile> lock, LockUse lock_use)
    : own_(std::move(own)),
      settings_(std::move(settings)),
      repositories_(cache / "git", settings_),
      remotes_(cache, settings_),
      lock_(std::move(lock)),
      lock_use_(lock_use) {}

bool OutsideFiles::is_own_server(const std::string& host) const {
  return host.empty() || host == own_.address.fqdn() || host == own_.address.host;
}

Result<const Pin*> OutsideFiles::pin_of(Pin::Kind kind, const std::string& name) const {
  if (!lock_) return static_cast<const Pin*>(nullptr);
  const Pin* pin = lock_->find(kind, name);
  if (pin != nullptr || lock_use_ == LockUse::some) return pin;
  return Error{Fault::user, "it isn't in `" + std::string(kLockPath) + "`", "add it with: ci lock"};
}

Result<FoundProject> OutsideFiles::project(const OutsideProject& wanted) {
  const std::string name = name_of(wanted) + (wanted.versions ? " by version" : "");
  if (const auto known = known_.find(name); known != known_.end()) return known->second;
  Search search(wanted);
  return known_.emplace(name, find(search)).first->second;
}

bool OutsideFiles::is_what_is_compiled(const OutsideProject& wanted) const {
  if (!is_own_server(wanted.host) || !same_path(wanted.path, own_.address.path)) return false;
  if (wanted.ref == own_.commit) return true;
  if (own_.branch.empty()) return false;
  if (!wanted.ref.empty()) return wanted.ref == own_.branch;
  const auto standard = own_.repository->default_branch();
  return standard.ok() && *standard == own_.branch;
}

Result<FoundProject> OutsideFiles::find(Search& search) {
  if (is_what_is_compiled(search.wanted)) return FoundProject{own_.tree, own_.commit, {}};
  PENSTOCK_TRY(search.pin, pin_of(Pin::Kind::project, search.name));
  bool found = find_own(search);
  for (size_t i = 0; i < settings_.mirrors.size() && !found; ++i) {
    PENSTOCK_TRY(found, find_in_mirror(search, settings_.mirrors[i]));
  }
  const std::vector<std::string> addresses = addresses_of(search.wanted);
  if (!found) {
    found = std::any_of(addresses.begin(), addresses.end(),
                        [&](const std::string& address) { return find_remote(search, address); });
  }
  if (found) {
    search.used.name = search.name;
    used_.put(std::move(search.used));
    return search.found;
  }
  std::string message;
  for (const std::string& place : search.tried) message += (message.empty() ? "" : "; ") + place;
  const std::string last = addresses.empty() ? "" : parse_remote(addresses.back(), "").clone_url;
  return Error{Fault::user, message.empty() ? "nothing says where it lies" : message,
               what_to_do(search.wanted, last, settings_.offline)};
}

void OutsideFiles::take(Search& search, std::shared_ptr<const git::Repository> repository, const std::string& commit,
                        const std::string& version) {
  search.found.tree = trees_.emplace_back(std::make_unique<CommitTree>(std::move(repository), commit)).get();
  search.found.commit = commit;
  search.found.version = search.pin != nullptr ? search.pin->version : version;
  search.used.commit = commit;
  search.used.version = search.found.version;
}

/// Another state of the pipeline's own project: what the server has of it comes before what was never pushed.
bool OutsideFiles::find_own(Search& search) {
  if (!is_own_server(search.wanted.host) || !same_path(search.wanted.path, own_.address.path)) return false;
  const std::shared_ptr<const git::Repository> repository(own_.repository, [](const git::Repository*) {});
  std::string ref = search.wanted.ref;
  if (ref.empty()) {
    const auto standard = repository->default_branch();
    if (standard.ok() && *standard) ref = **standard;
  }
  std::optional<RefList::Picked> picked =
      search.pin != nullptr ? RefList::Picked{search.pin->commit, {}}
                            : refs_of(*repository).pick(ref, search.wanted.versions, "refs/remotes/origin/");
  if (!picked && is_abbreviated_id(ref)) picked = RefList::Picked{ref, {}};
  const Result<std::string> commit =
      picked ? repository->resolve(picked->commit) : Result<std::string>(Error{Fault::user, "", ""});
  if (!commit.ok()) {
    search.tried.push_back(search.no_ref("this repository"));
    return false;
  }
  take(search, repository, *commit, picked->version);
  return true;
}

Result<bool> OutsideFiles::find_in_mirror(Search& search, const fs::path& mirror) {
  const std::string& path = search.wanted.path;
  std::vector<std::string> hosts{own_.address.fqdn(), own_.address.host};
  if (!is_own_server(search.wanted.host)) hosts = {search.wanted.host};
  hosts.emplace_back();
  for (const std::string& host : hosts) {
    for (const std::string& name : {path, path + ".git"}) {
      const fs::path folder = mirror / host / name;
      std::error_code missing;
      if (!fs::is_directory(folder, missing)) continue;
      PENSTOCK_TRY(const bool found, find_at(search, folder));
      if (found) return true;
    }
  }
  if (search.tried.empty()) search.tried.push_back("it isn't in the mirror `" + mirror.native() + "`");
  return false;
}

Result<bool> OutsideFiles::find_at(Search& search, const fs::path& folder) {
  PENSTOCK_TRY(std::shared_ptr<git::Repository> repository, repository_at(folder));
  if (!repository) {
    if (search.pin != nullptr && !search.pin->commit.empty()) {
      search.tried.push_back("`" + folder.native() + "` is no repository, so it can't have the locked commit");
      return false;
    }
    auto tree =
        std::make_unique<FolderTree>(folder, search.pin == nullptr ? std::nullopt : std::optional(search.pin->files));
    folders_[search.name] = tree.get();
    search.found.tree = trees_.emplace_back(std::move(tree)).get();
    return true;
  }
  const std::string& ref = search.wanted.ref;
  std::optional<RefList::Picked> picked = search.pin != nullptr
                                              ? RefList::Picked{search.pin->commit, {}}
                                              : refs_of(*repository).pick(ref, search.wanted.versions);
  if (!picked && is_abbreviated_id(ref)) picked = RefList::Picked{ref, {}};
  const Result<std::string> commit =
      picked ? repository->resolve(picked->commit) : Result<std::string>(Error{Fault::user, "", ""});
  if (!commit.ok()) {
    search.tried.push_back(commit.error().fault == Fault::machine
                               ? "`" + folder.native() + "`: " + commit.error().message
                               : search.no_ref("`" + folder.native() + "`"));
    return false;
  }
  take(search, std::move(repository), *commit, picked->version);
  return true;
}

/// Those of the server that the project is meant on. What a user has configured for all projects counts only for its
/// own host, so that nobody else can give a name that is missing there.
std::vector<std::string> OutsideFiles::addresses_of(const OutsideProject& wanted) const {
  const bool own_server = is_own_server(wanted.host);
  std::vector<std::string> addresses;
  for (const IncludeSettings::Remote& remote : settings_.remotes) {
    const std::string address = address_of(remote.pattern, wanted.path);
    if (address.empty()) continue;
    const ProjectAddress at = parse_remote(address, "");
    const bool same_host = own_server ? is_own_server(at.host) || is_own_server(at.fqdn())
                                      : at.host == wanted.host || at.fqdn() == wanted.host;
    if (is_folder(remote.pattern) || same_host || (own_server && remote.of_clone)) addresses.push_back(address);
  }
  const std::string beside = pattern_of(settings_.origin, own_.address.path);
  if (own_server && !beside.empty()) addresses.push_back(address_of(beside, wanted.path));
  return addresses;
}

bool OutsideFiles::find_remote(Search& search, const std::string& address) {
  const std::string shown = "`" + parse_remote(address, "").clone_url + "`";
  std::optional<RefList::Picked> picked;
  if (search.pin != nullptr) {
    if (search.pin->commit.empty()) return false;
    picked = RefList::Picked{search.pin->commit, search.pin->version};
  } else if (is_commit_id(search.wanted.ref)) {
    picked = RefList::Picked{search.wanted.ref, {}};
  } else {
    const Result<RefList> refs = repositories_.refs(
        address, search.wanted.ref.empty() ? GitCache::Which::default_branch : GitCache::Which::branches_and_tags);
    if (!refs.ok()) {
      search.tried.push_back(shown + ": " + refs.error().message);
      return false;
    }
    picked = refs->pick(search.wanted.ref, search.wanted.versions);
    if (!picked) {
      search.tried.push_back(search.no_ref(shown));
      return false;
    }
  }
  Result<std::shared_ptr<git::Repository>> repository = repositories_.with_commit(address, picked->commit);
  if (!repository.ok()) {
    search.tried.push_back(shown + ": " + repository.error().message);
    return false;
  }
  take(search, *repository, picked->commit, picked->version);
  return true;
}

Result<std::string> OutsideFiles::remote(const std::string& url, const std::optional<Digest>& digest) {
  const std::string key = url + (digest ? " " + to_hex(*digest) : "");
  if (const auto known = texts_.find(key); known != texts_.end()) return known->second;
  return texts_.emplace(key, take_remote(url, digest)).first->second;
}

Result<std::string> OutsideFiles::take_remote(const std::string& url, const std::optional<Digest>& digest) {
  PENSTOCK_TRY(const Pin* pin, pin_of(Pin::Kind::remote, url));
  const std::optional<Digest> locked = pin == nullptr ? std::nullopt : digest_from_hex(pin->sha256);
  PENSTOCK_TRY(std::string text, remotes_.get(url, locked ? locked : digest));
  const Digest is = sha256(text);
  if (locked && is != *locked) {
    return Error{Fault::user, "it has changed since `" + std::string(kLockPath) + "` was written",
                 "see what changed, and take it, with: ci lock --update"};
  }
  Pin used;
  used.kind = Pin::Kind::remote;
  used.name = url;
  used.sha256 = to_hex(is);
  used_.put(std::move(used));
  return text;
}

Result<std::string> OutsideFiles::template_text(const std::string& name) {
  PENSTOCK_TRY(const Pin* pin, pin_of(Pin::Kind::template_file, name));
  if (settings_.templates.empty()) {
    return Error{Fault::user, "GitLab's templates come with GitLab, and no folder of them is known here",
                 "name one that has it (such as lib/gitlab/ci/templates of GitLab's source): git config --global "
                 "penstock.templates FOLDER"};
  }
  for (const fs::path& folder : settings_.templates) {
    PENSTOCK_TRY(std::optional<std::string> text, os::read_file_if_exists(folder / name, kLargestTemplate));
    if (!text) continue;
    Pin used;
    used.kind = Pin::Kind::template_file;
    used.name = name;
    used.sha256 = to_hex(sha256(*text));
    if (pin != nullptr && pin->sha256 != used.sha256) {
      return Error{Fault::user, "it has changed since `" + std::string(kLockPath) + "` was written",
                   "see what changed, and take it, with: ci lock --update"};
    }
    used_.put(std::move(used));
    return std::move(*text);
  }
  std::string folders;
  for (const fs::path& folder : settings_.templates) folders += (folders.empty() ? "`" : ", `") + folder.native() + "`";
  return Error{Fault::user, "it isn't in " + folders,
               "add a folder that has it: git config --global --add "
               "penstock.templates FOLDER"};
}

LockFile OutsideFiles::used() const {
  LockFile all = used_;
  for (const auto& [name, tree] : folders_) {
    Pin pin;
    pin.name = name;
    pin.files = tree->seen();
    all.put(std::move(pin));
  }
  return all;
}

}  // namespace penstock
