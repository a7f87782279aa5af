#include "target_hosts/talk.h"

namespace penstock {

const char* const kTalk = R"sh(talk() {
  if command -v perl >/dev/null; then
    timeout "$2" perl -e 'use Socket;
      socket(S, PF_UNIX, SOCK_STREAM, 0) && connect(S, sockaddr_un($ARGV[0])) || die "$ARGV[0]: $!\n";
      select((select(S), $| = 1)[0]); local $/; print S scalar <STDIN>; print <S>' "$1"
  elif command -v python3 >/dev/null; then
    timeout "$2" python3 -ISc 'import socket, sys
end = socket.socket(socket.AF_UNIX)
end.connect(sys.argv[1])
end.sendall(sys.stdin.buffer.read())
while piece := end.recv(65536):
  sys.stdout.buffer.write(piece)' "$1"
  elif command -v socat >/dev/null; then
    timeout "$2" socat -t "$2" - "UNIX-CONNECT:$1,shut-none"
  else
    return 127
  fi
}
)sh";

}  // namespace penstock
