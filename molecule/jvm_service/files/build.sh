#!/usr/bin/env bash
# Compiles App.java into one jar a release: good ones, one that is never ready, one that dies.
# usage: build.sh DIRECTORY
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/classes"
cd "$1"
[ -e dies.jar ] && exit
javac --release 17 -d classes "$here/App.java"
for release in "good-1 true 0" "good-2 true 0" "unready false 0" "dies true 4"; do
  read -r name ready dies_after <<<"$release"
  printf 'version=%s\nready=%s\ndies_after=%s\n' "$name" "$ready" "$dies_after" >classes/behaviour.properties
  jar --create --file "$name.jar" --main-class App -C classes .
done
