# What the scripts of this folder share. They run in a checkout that has the wheel in dist/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# All that is deployed lives here, outside of any checkout: the hosts, so to speak.
home=${PYTHON_APP_HOME:-${XDG_STATE_HOME:-$HOME/.local/state}/python-app}

fail() { printf '%s\n' "$*" >&2; exit 1; }

supervisorctl() { command supervisorctl -c "$home/supervisord.conf" "$@"; }

# Sets `wheel`, its `version`, its `digest` and the `release` that is named after it, after a look at the checksum.
find_wheel() {
  (cd dist && sha256sum --check --quiet SHA256SUMS) || fail "dist/ is not what was packaged"
  wheel=$(ls dist/app-*.whl)
  version=$(basename "$wheel" | cut -d- -f2)
  digest=$(sha256sum "$wheel" | cut -d' ' -f1)
  release=${digest:0:12}
}

# Leaves what the wheel requires in .wheels, in the versions of constraints.txt; the pipeline keeps that folder.
fetch_requirements() {
  [[ -e .wheels/complete ]] && return
  "$venv/bin/pip" wheel --quiet --wheel-dir .wheels --constraint constraints.txt "$wheel"
  rm -f .wheels/app-*.whl
  touch .wheels/complete
}

# Installs the wheel for environment $1, in a virtual environment of its own, and sets `venv` to it.
install_release() {
  [[ -S $home/supervisor.sock ]] || fail "no supervisor runs in $home; start it with: deploy/supervisor start"
  local folder=$home/$1/releases/$release
  venv=$folder/venv
  [[ -e $folder/complete ]] && return
  rm -rf "$folder"
  mkdir -p "$folder"
  python3 -m venv "$venv"
  fetch_requirements
  "$venv/bin/pip" install --quiet --no-index --find-links .wheels "$wheel"
  touch "$folder/complete"
}

# Makes supervisor run program $1 with the command $2 and the variables $3, anew where that differs from what runs.
run_program() {
  cat >"$home/programs/$1.conf" <<CONF
[program:$1]
command=$2
environment=${3:-}
directory=$home
autorestart=true
startsecs=0
stopwaitsecs=5
stdout_logfile=$home/log/$1.log
redirect_stderr=true
CONF
  supervisorctl reread >/dev/null
  supervisorctl update "$1"
  [[ $(supervisorctl status "$1") == *RUNNING* ]] || supervisorctl start "$1"
}

# Waits until our release answers; what follows is how curl reaches it.
wait_healthy() {
  local deadline=$((SECONDS + 20)) answer=
  while ((SECONDS < deadline)); do
    answer=$(curl --silent --max-time 2 "$@" || true)
    [[ $answer == *"\"release\":\"$release\""* ]] && return
    sleep 0.1
  done
  fail "app $version ($release) did not come up within 20 seconds; last answer: ${answer:-none}; logs: $home/log"
}
