#!/usr/bin/env bash
# ./dev sim [--seeds N] [--first S] | ./dev sim --mutants
# The real core on fake sockets, mint, Engine, clock and disk, driven by a seed; N seeds from S on, spread over all CPUs.
# --mutants: whether it would notice: each fault of tests/sim/mutants, built into a scratch copy, must be caught within 1,000 seeds.
# A failing seed replays with --first S --seeds 1. The last line says seeds, faults injected, crashes and violations.
set -euo pipefail
source scripts/dev/lib.sh

if [[ "${1:-}" == --help || "${1:-}" == -h ]]; then show_help "$0"; exit 0; fi
seeds=300 first=1
while (($# > 0)); do
    case "$1" in
        --mutants) exec bash scripts/dev/sim_mutants.sh ;;
        --seeds) seeds="$2" ;;
        --first) first="$2" ;;
        *) die "usage: ./dev sim [--seeds N] [--first S] | --mutants" ;;
    esac
    shift 2
done
build_tree release berth_sim

shards=$(nproc)
((shards <= seeds)) || shards=$seeds
output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
for ((i = 0; i < shards; i++)); do
    from=$((seeds * i / shards)) to=$((seeds * (i + 1) / shards))
    build/release/berth_sim --first $((first + from)) --seeds $((to - from)) >"$output/$i" 2>&1 &
done
wait
# A shard that ended early has no last line, which counts as a violation.
cat "$output"/* | awk -v shards="$shards" '
    /^granted / { granted += $2; refunded += $4; lossy += $9; next }
    /^seeds / { seeds += $2; faults += $4; crashes += $6; violations += $8; ended++; next }
    /^[0-9-]+T[0-9:.]+ / { next } # the log of a core that died as it should
    { print }
    END {
        violations += shards - ended
        printf "granted %d, refunded %d, crashes that lost writes %d\n", granted, refunded, lossy
        printf "seeds %d, faults %d, crashes %d, violations %d\n", seeds, faults, crashes, violations
        exit violations != 0
    }'
