#include "hosts/upload.h"

#include <set>
#include <sstream>

#include "hosts/files_to_send.h"

namespace penstock {
namespace {

/// $1: the folder; then digests. Prints those that aren't there.
constexpr const char* kMissing = R"sh(mkdir -p "$1" && cd "$1" || exit
shift
for digest; do [ -f "$digest" ] || echo "$digest"; done
)sh";

/// $1: the folder; then digests with sizes, whose contents follow one another on standard input. dd and not `head -c`,
/// which in some versions reads more than it gives.
constexpr const char* kReceive = R"sh(cd "$1" || exit
shift
part=.part.$$
trap 'rm -f "$part"' EXIT
while [ $# -gt 0 ]; do
  {
    [ "$2" -lt 1048576 ] || dd bs=1048576 count=$(($2 / 1048576)) iflag=fullblock 2>/dev/null
    [ $(($2 % 1048576)) = 0 ] || dd bs=$(($2 % 1048576)) count=1 iflag=fullblock 2>/dev/null
  } >"$part" || { echo "can't write to $PWD (no space?)" >&2; exit 1; }
  got=$(sha256sum <"$part")
  [ "${got%% *}" = "$1" ] || { echo "a file arrived damaged: SHA-256 ${got%% *} instead of $1" >&2; exit 1; }
  chmod 644 "$part" && sync "$part" && mv -f "$part" "$1" || exit
  shift 2
done
)sh";

}  // namespace

Result<uint64_t> upload_missing(HostShell& host, const std::string& folder, const std::vector<HostFile>& files,
                                const std::function<Result<std::filesystem::path>(const HostFile&)>& source) {
  HostScript ask{.text = kMissing, .arguments = {folder}};
  for (const HostFile& file : files) ask.arguments.push_back(to_hex(file.digest));
  PENSTOCK_TRY(const std::string answer, host.must("can't make " + folder, ask));

  std::set<std::string> missing;
  std::istringstream names(answer);
  for (std::string name; std::getline(names, name);) missing.insert(name);
  HostScript receive{.text = kReceive, .arguments = {folder}};
  std::vector<FilesToSend::File> sent;
  uint64_t bytes = 0;
  for (const HostFile& file : files) {
    const std::string name = to_hex(file.digest);
    if (missing.erase(name) == 0) continue;  // there, or named twice
    PENSTOCK_TRY(std::filesystem::path path, source(file));
    sent.push_back({std::move(path), file.size});
    receive.arguments.insert(receive.arguments.end(), {name, std::to_string(file.size)});
    bytes += file.size;
  }
  if (sent.empty()) return uint64_t{0};
  FilesToSend stream(std::move(sent));
  receive.more_input = [&stream] { return stream.next(); };
  // At least 64 KiB a second: slower than that is as good as stuck.
  receive.timeout = std::chrono::minutes(2) + std::chrono::seconds(bytes >> 16);
  Result<std::string> done = host.must("can't upload to " + folder, receive);
  if (stream.problem()) return *stream.problem();
  if (!done.ok()) return done.error();
  return bytes;
}

}  // namespace penstock
