#!/usr/bin/env bash
# The cashu-ts wallet library from npm. Prints the folder that holds its node_modules.
exec bash "$(dirname "${BASH_SOURCE[0]}")/node.sh"
