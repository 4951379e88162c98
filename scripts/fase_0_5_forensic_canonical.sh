#!/usr/bin/env bash
# The old name of `vx11 baseline`: records the state before a deployment in a dated folder.
# Options are those of the command; `--help` lists them.
set -euo pipefail
exec node "$(dirname "$0")/vx11.mjs" baseline "$@"
