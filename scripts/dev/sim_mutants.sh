#!/usr/bin/env bash
# ./dev sim --mutants
# Whether the simulation would notice: each patch of tests/sim/mutants is applied to a scratch copy of the sources, which then
# must violate an invariant within 1,000 seeds. Built without optimisation, which is quicker in all.
set -euo pipefail
source scripts/dev/lib.sh

seeds_max=1000 step=20
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
git ls-files -z CMakeLists.txt cmake src tests config | xargs -0 cp --parents --target-directory="$scratch"
export CCACHE_BASEDIR="$scratch" # so that the next copy finds these objects
options=(-G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0)
! have clang++-14 || options+=(-DCMAKE_CXX_COMPILER=clang++-14)
! have ccache || options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
cmake -S "$scratch" -B "$scratch/build/mutant" "${options[@]}" >/dev/null

missed=0 count=0
for patch in tests/sim/mutants/*.patch; do
    name=$(basename "$patch" .patch) caught=0
    patch --quiet --strip=1 --directory="$scratch" <"$patch"
    ninja -C "$scratch/build/mutant" berth_sim >"$scratch/build.log" || { tail -n 20 "$scratch/build.log"; die "$name does not build"; }
    for ((first = 1; first <= seeds_max && !caught; first += step)); do
        "$scratch/build/mutant/berth_sim" --first "$first" --seeds "$step" >"$scratch/run.log" 2>&1 || caught=$first
    done
    patch --quiet --strip=1 --reverse --directory="$scratch" <"$patch"
    if ((caught)); then
        echo "$name: caught by seed $((caught + step - 1)) at the latest: $(grep -m 1 '^\(seed [0-9]* *[:e]\|late\)' "$scratch/run.log" || true)"
    else
        echo "$name: NOT caught within $seeds_max seeds"
        missed=$((missed + 1))
    fi
    count=$((count + 1))
done
echo "$count mutants, $missed missed"
exit $((missed != 0))
