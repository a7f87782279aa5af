#include "delivery/folder_ledger.h"

#include <functional>
#include <sstream>

#include "base/words.h"
#include "hosts/environment_folder.h"
#include "hosts/files_to_send.h"
#include "hosts/host_shell.h"
#include "os/errors.h"

namespace penstock {
namespace {

/// What each script begins with: $1 and $2 say the folder, the rest is the script's own from $1 on. All of it runs
/// under the lock. Exit status 3: refused, for the reason on standard output.
constexpr const char* kOpen = R"sh(environment_folder "$1" "$2"
shift 2
mkdir -p "$folder/ledger/manifests" "$folder/ledger/notes" && cd "$folder/ledger" || exit
exec 9>>lock || exit
flock -w 20 9 || { echo "its ledger stays locked" >&2; exit 1; }
now=$(date +%s%3N)
token= fence=0 until=0 who= what=
if [ -f lease ]; then
  { IFS= read -r token; read -r fence; read -r until; IFS= read -r who; IFS= read -r what; } <lease
fi
tell() { printf '%s\n' "$1" "$token" "$fence" "$until" "$who" "$what"; }
write_lease() {
  tell lease | tail -n +2 >.lease && sync .lease && mv -f .lease lease && sync .
}
needs_fence() {
  [ "$1" = 0 ] || [ "$1" = "$fence" ] || { tell fenced; exit 3; }
}
# Our input as file $1, all $2 bytes of it: a connection that is cut off leaves nothing.
receive() {
  cat >"$1" && [ "$(wc -c <"$1")" -eq "$2" ] || { rm -f "$1"; echo "the connection was cut off" >&2; exit 1; }
}
)sh";

constexpr const char* kTake = R"sh(
if [ -n "$token" ] && [ "$token" != "$1" ] && [ "$until" -gt "$now" ]; then tell held; exit; fi
[ "$fence" -ge "$5" ] || fence=$5
token=$1 fence=$((fence + 1)) until=$((now + $2)) who=$3 what=$4
write_lease && tell taken
)sh";

constexpr const char* kRenew = R"sh(
if [ "$token" != "$1" ] || [ "$fence" != "$2" ]; then tell lost; exit; fi
until=$((now + $3))
write_lease && tell renewed
)sh";

constexpr const char* kLetGo = R"sh(
if [ "$token" = "$1" ] && [ "$fence" = "$2" ]; then token= until=0 && write_lease; fi
)sh";

constexpr const char* kHolder = R"sh(
if [ -n "$token" ] && [ "$until" -gt "$now" ]; then tell held; else tell free; fi
)sh";

constexpr const char* kAppend = R"sh(
needs_fence "$1"
receive .entry "$2"
touch journal
if [ -n "$(tail -c 1 journal)" ]; then
  head -n "$(wc -l <journal)" journal >.journal && sync .journal && mv -f .journal journal || exit
fi
cat .entry >>journal && sync journal . && wc -l <journal
)sh";

constexpr const char* kEntries = R"sh(
[ ! -f journal ] || tail -n "+$(($1 + 1))" journal
)sh";

constexpr const char* kPut = R"sh(
needs_fence "$1"
receive .file "$2"
sync .file && mv -f .file "$3" && sync "${3%/*}"
)sh";

/// A word first, so that an empty file differs from none.
constexpr std::string_view kFound = "found\n";
constexpr const char* kGet = R"sh(
if [ -f "$1" ]; then echo found; cat "$1"; else echo none; fi
)sh";

/// The same for what needs no lock: files are large, and have their whole content or no name.
constexpr const char* kOpenFiles = R"sh(environment_folder "$1" "$2"
shift 2
mkdir -p "$folder/ledger/files" && cd "$folder/ledger/files" || exit
)sh";

constexpr const char* kHasFile = R"sh(
[ ! -f "$1/$2" ] || echo found
)sh";

constexpr const char* kPutFile = R"sh(
mkdir -p "$1" && cd "$1" || exit
part=.$2.$$
trap 'rm -f "$part"' EXIT
cat >"$part" || exit
[ "$(sha256sum <"$part")" = "$2  -" ] || { echo "a file arrived damaged, or only in part" >&2; exit 1; }
sync "$part" && mv -f "$part" "$2"
)sh";

/// $1 and on: the releases that stay.
constexpr const char* kTidyFiles = R"sh(
for release in *; do
  for kept in "$@"; do [ "$release" != "$kept" ] || continue 2; done
  rm -rf "./$release"
done
)sh";

constexpr Duration kFileLimit = std::chrono::minutes(10);

std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

/// What `tell` of the scripts printed.
struct Told {
  std::string word;
  LeaseHolder lease;
};

Result<Told> told(const std::string& host, const std::string& output) {
  std::istringstream lines(output);
  Told found;
  std::string fence;
  std::string until;
  std::getline(lines, found.word);
  std::getline(lines, found.lease.token);
  std::getline(lines, fence);
  std::getline(lines, until);
  std::getline(lines, found.lease.who);
  std::getline(lines, found.lease.what);
  try {
    found.lease.fence = std::stoll(fence);
    found.lease.until = Instant(Duration(std::stoll(until)));
  } catch (const std::exception&) {
    return Error{Fault::machine, host + ": the file ledger/lease is damaged", "remove it when nobody rolls out"};
  }
  return found;
}

class FolderLedger final : public Ledger {
 public:
  FolderLedger(std::shared_ptr<HostShell> host, std::string folder, const std::string& environment)
      : host_(std::move(host)), folder_(std::move(folder)), environment_(environment) {}

  Result<Taken> take(const LeaseHolder& holder, Duration for_time) override {
    PENSTOCK_TRY(Told found, tell(kTake, {holder.token, std::to_string(for_time.count()), one_line(holder.who),
                                          one_line(holder.what), std::to_string(holder.fence)}));
    return Taken{found.word == "taken", std::move(found.lease)};
  }

  Result<bool> renew(const LeaseHolder& holder, Duration for_time) override {
    PENSTOCK_TRY(const Told found,
                 tell(kRenew, {holder.token, std::to_string(holder.fence), std::to_string(for_time.count())}));
    return found.word == "renewed";
  }

  Result<> let_go(const LeaseHolder& holder) override {
    PENSTOCK_CHECK(run(kLetGo, {holder.token, std::to_string(holder.fence)}));
    return success();
  }

  Result<std::optional<LeaseHolder>> holder() override {
    PENSTOCK_TRY(Told found, tell(kHolder, {}));
    if (found.word != "held") return std::optional<LeaseHolder>();
    return std::optional(std::move(found.lease));
  }

  Result<std::optional<std::string>> newer_than(int64_t fence) override {
    PENSTOCK_TRY(Told found, tell(kHolder, {}));
    if (found.lease.fence <= fence) return std::optional<std::string>();
    return std::optional(found.lease.who.empty() ? "somebody else" : std::move(found.lease.who));
  }

  Result<int64_t> append(const JournalEntry& entry, int64_t fence) override {
    JournalEntry unnumbered = entry;
    unnumbered.number = 0;
    const std::string line = to_json(unnumbered) + "\n";
    PENSTOCK_TRY(const std::string number, run(kAppend, {std::to_string(fence), std::to_string(line.size())}, line));
    return int64_t{std::strtoll(number.c_str(), nullptr, 10)};
  }

  Result<std::vector<JournalEntry>> entries(int64_t after) override {
    PENSTOCK_TRY(const std::string text, run(kEntries, {std::to_string(after)}));
    std::vector<JournalEntry> entries;
    int64_t number = after;
    for (size_t from = 0, end = 0; (end = text.find('\n', from)) != std::string::npos; from = end + 1) {
      ++number;
      Result<JournalEntry> entry = journal_entry_from_json(std::string_view(text).substr(from, end - from));
      if (!entry.ok()) {
        return Error{entry.error().fault,
                     host_->host() + ": line " + std::to_string(number) + " of the journal of " + quoted(environment_) +
                         ": " + entry.error().message,
                     entry.error().help};
      }
      entry->number = number;
      entries.push_back(std::move(*entry));
    }
    return entries;
  }

  Result<> put_manifest(const std::string& release, const std::string& json) override {
    return put("manifests", release, json, 0);
  }
  Result<std::optional<std::string>> manifest(const std::string& release) override { return get("manifests", release); }
  Result<> put_file(const std::string& release, const Digest& digest, const std::filesystem::path& content) override {
    PENSTOCK_CHECK(path_of("files", release));
    const std::vector<std::string> place = {release, to_hex(digest)};
    PENSTOCK_TRY(const std::string found, run_for_files(kHasFile, place));
    if (!found.empty()) return success();
    std::error_code error;
    const uint64_t size = std::filesystem::file_size(content, error);
    if (error) return os::system_error("can't read " + content.string(), error.value());
    FilesToSend pieces({{content, size}});
    const Result<std::string> put = run_for_files(kPutFile, place, [&] { return pieces.next(); });
    if (pieces.problem()) return *pieces.problem();
    if (!put.ok()) return put.error();
    return success();
  }
  Result<std::optional<std::string>> file(const std::string& release, const Digest& digest) override {
    PENSTOCK_TRY(const std::string path, path_of("files", release));
    PENSTOCK_TRY(std::string output, run_for_files(kGet, {release + "/" + to_hex(digest)}));
    if (!output.starts_with(kFound)) return std::optional<std::string>();
    output.erase(0, kFound.size());
    if (sha256(output) == digest) return std::optional(std::move(output));
    return Error{Fault::machine, host_->host() + ": " + path + "/" + to_hex(digest) + " of the ledger is damaged",
                 "remove it there, and deploy from the clone that built it"};
  }
  Result<> tidy_files(const std::vector<std::string>& keep_releases) override {
    PENSTOCK_CHECK(run_for_files(kTidyFiles, keep_releases));
    return success();
  }
  Result<> put_note(const std::string& name, const std::string& text, int64_t fence) override {
    return put("notes", name, text, fence);
  }
  Result<std::optional<std::string>> note(const std::string& name) override { return get("notes", name); }

 private:
  Result<std::string> run(const char* script, std::vector<std::string> arguments, std::string input = {}) {
    return run({.text = std::string(kEnvironmentFolder) + kOpen + script,
                .arguments = std::move(arguments),
                .input = std::move(input)});
  }

  Result<std::string> run_for_files(const char* script, std::vector<std::string> arguments,
                                    std::function<std::string_view()> content = {}) {
    return run({.text = std::string(kEnvironmentFolder) + kOpenFiles + script,
                .arguments = std::move(arguments),
                .more_input = std::move(content),
                .timeout = kFileLimit,
                .output_limit = size_t{1} << 30U});
  }

  Result<std::string> run(HostScript whole) {
    whole.arguments.insert(whole.arguments.begin(), {folder_, folder_name(environment_)});
    PENSTOCK_TRY(os::RunResult done, host_->run(whole));
    if (done.status.ok()) return std::move(done.output);
    if (done.status.code == 3) return fenced(done.output);
    std::string why = last_line(done.errors);
    if (why.empty()) why = os::to_words(done.status);
    return Error{Fault::machine, host_->host() + ": the ledger of " + quoted(environment_) + ": " + why, ""};
  }

  Result<Told> tell(const char* script, std::vector<std::string> arguments) {
    PENSTOCK_TRY(const std::string output, run(script, std::move(arguments)));
    return told(host_->host(), output);
  }

  Error fenced(const std::string& output) const {
    Result<Told> found = told(host_->host(), output);
    if (!found.ok()) return found.error();
    const LeaseHolder& lease = found->lease;
    return {Fault::user,
            quoted(environment_) + " belongs to somebody else now" +
                (lease.who.empty() ? "" : ": " + lease.who + ", " + lease.what),
            ""};
  }

  static Result<std::string> path_of(const char* kind, const std::string& name) {
    if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos) {
      return Error{Fault::internal, quoted(name) + " is no name for a file of a ledger", ""};
    }
    return std::string(kind) + "/" + name;
  }

  Result<> put(const char* kind, const std::string& name, const std::string& text, int64_t fence) {
    PENSTOCK_TRY(std::string path, path_of(kind, name));
    PENSTOCK_CHECK(run(kPut, {std::to_string(fence), std::to_string(text.size()), std::move(path)}, text));
    return success();
  }

  Result<std::optional<std::string>> get(const char* kind, const std::string& name) {
    PENSTOCK_TRY(std::string path, path_of(kind, name));
    PENSTOCK_TRY(std::string output, run(kGet, {std::move(path)}));
    if (!output.starts_with(kFound)) return std::optional<std::string>();
    return std::optional(output.substr(kFound.size()));
  }

  std::shared_ptr<HostShell> host_;
  std::string folder_;
  std::string environment_;
};

}  // namespace

std::unique_ptr<Ledger> make_folder_ledger(std::shared_ptr<HostShell> host, const std::string& folder,
                                           const std::string& environment) {
  return std::make_unique<FolderLedger>(std::move(host), folder, environment);
}

}  // namespace penstock
