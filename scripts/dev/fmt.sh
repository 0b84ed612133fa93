#!/usr/bin/env bash
# ./dev fmt
# Formats every C++ file in place (.clang-format, clang-format 14).
set -euo pipefail
source scripts/dev/lib.sh

if [[ "${1:-}" == --help || "${1:-}" == -h ]]; then show_help "$0"; exit 0; fi
need_packages lint
git ls-files -z --cached --others --exclude-standard '*.cpp' '*.h' | xargs -0 -r clang-format-14 -i
