#include "hosts/script_line.h"

#include "base/shell_quote.h"

namespace penstock {

ScriptLine script_line(const HostScript& script) {
  // In braces: of a script that was cut off on its way nothing is run.
  std::string text = "{\nPATH=\"${PATH:-/usr/local/bin:/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin\"\n";
  if (!script.arguments.empty()) {
    text += "set --";
    for (const std::string& argument : script.arguments) text += " " + single_quoted(argument);
    text += "\n";
  }
  text += script.text + "\n}";
  // One read of exactly its size: what follows in the stream is left to the script. (`head -c` reads too much in some
  // of its versions.) No quote and no line end, which not every login shell takes as sh does.
  const std::string size = std::to_string(text.size());
  return {
      "exec sh -c 'printf \"\\036penstock\\n\"; eval \"$(dd bs=" + size + " count=1 iflag=fullblock 2>/dev/null)\"'",
      text + script.input};
}

}  // namespace penstock
