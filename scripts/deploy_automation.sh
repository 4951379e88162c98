#!/usr/bin/env bash
# The old name of `vx11 deploy`, `vx11 rollback` and `vx11 watch`.
#
#   scripts/deploy_automation.sh deploy VERSION [options of vx11 deploy]
#   scripts/deploy_automation.sh rollback [options of vx11 rollback]
#   scripts/deploy_automation.sh watch [options of vx11 watch]
#   scripts/deploy_automation.sh smoke
#
# VX11_PROMETHEUS_URL is taken for --prometheus where the options have none.
set -euo pipefail
verb=${1:-}
case "$verb" in
  deploy | rollback | watch | smoke) shift ;;
  *)
    sed -n '4,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
options=("$@")
if [[ $verb == deploy || $verb == watch ]] && [[ " $* " != *" --prometheus "* ]] && [[ -n ${VX11_PROMETHEUS_URL:-} ]]; then
  options+=(--prometheus "$VX11_PROMETHEUS_URL")
fi
exec node "$(dirname "$0")/vx11.mjs" "$verb" ${options[@]+"${options[@]}"}
