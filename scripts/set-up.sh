# What run, test and check share: each step of the set-up, whether it is due, and how it is done. Sourced, not run.
# Speaks on stderr only. Everything lands in the clone (.venv, .setup, hub/web/pages/vendor) or in HUB_HOME.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
state=$root/.setup
logs=$state/logs
venv=$root/.venv
livekit_version=v1.13.5
steps=()

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

set_up() { # WHAT [HUB_HOME]: the due steps, in a process that ends when this one is told to
    "$root/scripts/set-up" "$@" &
    trap 'kill -TERM $! 2>/dev/null || true; wait $! || true; exit 143' TERM INT HUP
    wait $!
    trap - TERM INT HUP
}

# --- one step: in the background, its output in a log, its time told ---------------------------------------------

begin() { # NAME WORDS COMMAND…
    local name=$1 words=$2
    shift 2
    say "  $name: $words"
    mkdir -p "$logs"
    set -m # a process group of its own, so that all of it can be stopped
    ("$@") >"$logs/$name.log" 2>&1 </dev/null &
    set +m
    steps+=("$!")
    eval "pid_${name//[^a-z]/_}=$! began_${name//[^a-z]/_}=$SECONDS"
}

finish() { # NAME → the command's exit code; a failure shows the end of its log
    local name=$1 key=${1//[^a-z]/_} pid began told code=0
    eval "pid=\$pid_$key began=\$began_$key"
    told=$SECONDS
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        if ((SECONDS - told >= 30)); then
            told=$SECONDS
            say "  $name: still at it after $((SECONDS - began)) s"
        fi
    done
    wait "$pid" || code=$?
    if ((code == 0)); then
        say "  $name: done in $((SECONDS - began)) s"
    else
        say "  $name: failed after $((SECONDS - began)) s. The end of $logs/$name.log:"
        tail -n 15 "$logs/$name.log" | sed -e 's#//[^/@ ]*@#//***@#g' -e 's/^/    /' >&2
    fi
    return "$code"
}

stop_steps() { # what has been begun ends with the set-up
    local pid
    for pid in ${steps[@]+"${steps[@]}"}; do
        kill -TERM -- "-$pid" 2>/dev/null || true
    done
}

# --- the programs that must be on the machine --------------------------------------------------------------------

python_version() { "$1" -c 'import sys; print("%d%02d" % sys.version_info[:2])' 2>/dev/null || echo 0; }

find_python() { # sets python. 3.13 and 3.11 first: every pinned package has wheels for them
    local wanted name
    for wanted in '313|311' '312' '31[4-9]'; do
        for name in python3 python3.13 python3.11 python3.12 python3.14; do
            if [[ $(python_version "$name") =~ ^($wanted)$ ]]; then
                python=$(command -v "$name")
                return 0
            fi
        done
    done
    fail "Python 3.11 or newer is needed (python3 here is $(python3 --version 2>&1 | head -n 1)): install it, on Debian with 'apt-get install python3 python3-venv', and start again."
}

check_node() {
    local found
    found=$(node --version 2>/dev/null) || found="not there"
    if ! [[ $found =~ ^v([0-9]+)\. ]] || ((BASH_REMATCH[1] < 20)); then
        fail "Node.js 20 or newer is needed for the pages and for servers that npx starts (node here is $found): install it from nodejs.org or your system's packages, and start again."
    fi
    command -v npm >/dev/null || fail "npm is needed beside Node.js: install it, on Debian with 'apt-get install npm', and start again."
}

have_go() {
    local found
    found=$(go version 2>/dev/null) || return 1
    [[ $found =~ go1\.([0-9]+) ]] && ((BASH_REMATCH[1] >= 21))
}

# --- Python packages: .venv --------------------------------------------------------------------------------------

python_ready() {
    [[ -x $venv/bin/python && -x $venv/bin/hub ]] &&
        cmp -s "$root/requirements.lock" "$state/requirements.lock" &&
        cmp -s "$root/pyproject.toml" "$state/pyproject.toml" &&
        [[ $(cat "$state/root" 2>/dev/null) == "$root" ]]
}

install_python() {
    set -e
    # A clone that was moved has the old path in its scripts: begin again.
    if [[ ! -x $venv/bin/python || $(cat "$state/root" 2>/dev/null || echo "$root") != "$root" ]]; then
        rm -rf "$venv"
        "$python" -m venv "$venv" || {
            echo "Python's venv module does not work: on Debian, 'apt-get install python3-venv'."
            exit 1
        }
    fi
    local pip=("$venv/bin/python" -m pip --disable-pip-version-check --no-input)
    if "${pip[@]}" install --quiet --require-hashes -r "$root/scripts/bootstrap.txt" &&
        VIRTUAL_ENV=$venv "$venv/bin/uv" pip install --require-hashes -r "$root/requirements.lock" &&
        VIRTUAL_ENV=$venv "$venv/bin/uv" pip install --no-deps --editable "$root"; then
        :
    else
        echo "uv did not manage; trying with pip."
        "${pip[@]}" install --require-hashes -r "$root/requirements.lock"
        "${pip[@]}" install --no-deps --editable "$root"
    fi
    cp "$root/requirements.lock" "$root/pyproject.toml" "$state/"
    printf '%s\n' "$root" >"$state/root"
}

# --- npm packages: the pages, and what tests use -----------------------------------------------------------------

pages_ready() { cmp -s "$root/hub/web/pages/package-lock.json" "$root/hub/web/pages/vendor/package-lock.json"; }

npm_ready() { cmp -s "$root/$1/package-lock.json" "$root/$1/node_modules/.lock"; } # FOLDER

install_npm() { # FOLDER
    set -e
    cd "$root/$1"
    npm ci --no-audit --no-fund --loglevel=error
    cp package-lock.json node_modules/.lock
}

# --- livekit-server ----------------------------------------------------------------------------------------------

hub_home() { # as hub/settings.py, before there is a Python that could say: the environment, .env, the platform's folder
    local home=${HUB_HOME:-}
    if [[ -z $home && -f .env ]]; then
        home=$(sed -nE "s/^[[:space:]]*(export[[:space:]]+)?HUB_HOME[[:space:]]*=[[:space:]]*//p" .env | tail -n 1 |
            sed -E "s/^'([^']*)'.*/\1/; t; s/^\"([^\"]*)\".*/\1/; t; s/[[:space:]]+#.*//; s/[[:space:]]+$//")
    fi
    if [[ -z $home && $(uname -s) == Darwin ]]; then
        home="$HOME/Library/Application Support/voice-hub"
    elif [[ -z $home ]]; then
        home=${XDG_DATA_HOME:-~/.local/share}/voice-hub
    fi
    [[ $home == "~" || $home == "~/"* ]] && home=$HOME${home#"~"}
    [[ $home == /* ]] || home=$PWD/$home
    printf '%s\n' "$home"
}

livekit_ready() { # FOLDER: its own, of our version; or one on PATH
    command -v livekit-server >/dev/null && return 0
    [[ -x $1/livekit-server && $(cat "$1/.livekit-server" 2>/dev/null) == "$livekit_version" ]]
}

build_livekit() ( # into .setup/bin; built aside and moved, so that a running one is never half written
    set -e
    mkdir -p "$state/bin"
    aside=$(mktemp -d "$state/bin/.building.XXXXXX")
    trap 'rm -rf "$aside"' EXIT
    trap 'exit 143' TERM
    cd "$aside"
    GOBIN=$aside GOFLAGS='' CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' \
        "github.com/livekit/livekit-server/cmd/server@$livekit_version" &
    wait $!
    mv -f "$aside/server" "$state/bin/livekit-server"
    printf '%s\n' "$livekit_version" >"$state/bin/.livekit-server"
)

place_livekit() { # FOLDER: from .setup/bin
    mkdir -p "$1"
    cp "$state/bin/livekit-server" "$1/.livekit-server.new"
    mv -f "$1/.livekit-server.new" "$1/livekit-server"
    printf '%s\n' "$livekit_version" >"$1/.livekit-server"
}

# --- Chromium, for tests -----------------------------------------------------------------------------------------

find_chromium() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name" >/dev/null && "$name" --version >/dev/null 2>&1; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

install_chromium() {
    set -e
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends chromium
    find_chromium
}
