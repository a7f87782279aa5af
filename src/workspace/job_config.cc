#include "workspace/job_config.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "git/repository.h"

namespace penstock::workspace {
namespace {

/// These describe the real folder, or run or schedule something.
constexpr std::array<std::string_view, 19> kLeftOut{"core.bare",
                                                    "core.worktree",
                                                    "core.hookspath",
                                                    "core.fsmonitor",
                                                    "core.splitindex",
                                                    "core.untrackedcache",
                                                    "core.sparsecheckout",
                                                    "core.sparsecheckoutcone",
                                                    "core.checkstat",
                                                    "core.trustctime",
                                                    "core.alternaterefscommand",
                                                    "core.alternaterefsprefixes",
                                                    "index.sparse",
                                                    "index.version",
                                                    "extensions.worktreeconfig",
                                                    "extensions.refstorage",
                                                    "extensions.relativeworktrees",
                                                    "include.path",
                                                    "gc.auto"};

bool is_left_out(std::string_view key) {
  return std::find(kLeftOut.begin(), kLeftOut.end(), key) != kLeftOut.end() || key.starts_with("includeif.") ||
         key.starts_with("gc.") || key.starts_with("maintenance.");
}

void append_quoted(std::string_view text, std::string& output) {
  output += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') output += '\\';
    if (c == '\n') {
      output += "\\n";
    } else if (c == '\t') {
      output += "\\t";
    } else if (c == '\b') {
      output += "\\b";
    } else {
      output += c;
    }
  }
  output += '"';
}

/// `[remote "origin"] url = …` for the key `remote.origin.url`.
void append_entry(std::string_view key, std::string_view value, std::string& output) {
  const size_t first = key.find('.');
  const size_t last = key.rfind('.');
  if (first == std::string_view::npos) return;
  output.append("[").append(key.substr(0, first));
  if (last > first) {
    output += ' ';
    append_quoted(key.substr(first + 1, last - first - 1), output);
  }
  output.append("]\n\t").append(key.substr(last + 1)).append(" = ");
  append_quoted(value, output);
  output += '\n';
}

}  // namespace

std::string job_config(const std::vector<git::ConfigEntry>& entries) {
  std::string text = "# Made by Penstock for its jobs; the repository's own is left as it is.\n";
  bool versioned = false;
  for (const git::ConfigEntry& entry : entries) {
    if ((entry.scope != "local" && entry.scope != "worktree") || is_left_out(entry.key)) continue;
    versioned = versioned || entry.key == "core.repositoryformatversion";
    append_entry(entry.key, entry.value, text);
  }
  if (!versioned) append_entry("core.repositoryformatversion", "0", text);
  // The layers' files show through an overlay, where device and inode differ from what was checked out.
  for (auto [key, value] :
       {std::pair("core.bare", "false"), std::pair("core.checkstat", "minimal"), std::pair("core.trustctime", "false"),
        std::pair("gc.auto", "0"), std::pair("maintenance.auto", "false")}) {
    append_entry(key, value, text);
  }
  return text;
}

std::string checkout_config(const std::vector<git::ConfigEntry>& entries) {
  std::string text;
  for (const git::ConfigEntry& entry : entries) {
    const std::string_view key = entry.key;
    if (key.starts_with("filter.") || key == "core.autocrlf" || key == "core.eol" || key == "core.symlinks" ||
        key == "core.attributesfile" || key == "core.filemode") {
      text.append(key).append("=").append(entry.value).append("\n");
    }
  }
  return text;
}

}  // namespace penstock::workspace
