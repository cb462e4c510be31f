#!/usr/bin/env bash
# Compiles App.java into one jar for each release: good ones, one that is never ready, one that dies. Packs them as they lie
# on a host into the file $1.
# usage: build.sh ARCHIVE
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"
javac --release 17 -d classes "$here/App.java"
for release in "good-1 true 0" "good-2 true 0" "unready false 0" "dies true 4"; do
  read -r name ready dies_after <<<"$release"
  printf 'version=%s\nready=%s\ndies_after=%s\n' "$name" "$ready" "$dies_after" >classes/behaviour.properties
  mkdir -p "app/releases/$name"
  jar --create --file "app/releases/$name/app.jar" --main-class App -C classes .
done
chmod 0444 app/releases/*/app.jar
tar -cf "$1" app
rm -r "$work"
