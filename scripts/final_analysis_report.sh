#!/usr/bin/env bash
# What a deployment came to: smoke test, services, adoption, the figures of the hour where
# VX11_PROMETHEUS_URL is set, and the difference of the two latest baselines. Ends with 1
# when one of them is not as it should be.
set -uo pipefail
vx11=(node "$(dirname "$0")/vx11.mjs")
code=0
section() {
  echo
  echo "## $1"
  shift
  "$@" || code=1
}
echo "# Report of $(date -u +%Y-%m-%dT%H:%M:%SZ)"
section 'Smoke test' "${vx11[@]}" smoke
section 'Services' "${vx11[@]}" services
section 'Adoption' "${vx11[@]}" adoption "$@"
if [[ -n ${VX11_PROMETHEUS_URL:-} ]]; then
  section 'Figures' "${vx11[@]}" watch --once --prometheus "$VX11_PROMETHEUS_URL"
fi
mapfile -t baselines < <(ls -d "${VX11_BASELINES:-$(dirname "$0")/../.data/baselines}"/*/ 2>/dev/null | tail -n 2)
if [[ ${#baselines[@]} -eq 2 ]]; then
  section 'Since the baseline' "${vx11[@]}" baseline diff "${baselines[@]}"
fi
exit "$code"
