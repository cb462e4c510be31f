#!/bin/sh
# Makes release directories below $2 from the sources in $1: two that npm builds, a prebuilt one, and one that pnpm builds.
# usage: make_releases.sh SOURCES DIRECTORY
set -eu
umask 027
mkdir -p "$2"
for name in staging-20261101-000000000001 staging-20261108-000000000002; do
  mkdir -p "$2/$name/frontend"
  cp "$1/build.mjs" "$1/package.json" "$1/package-lock.json" "$2/$name/frontend/"
  echo "$name" >"$2/$name/frontend/version"
done
mkdir -p "$2/staging-20261122-000000000004/frontend/dist"
echo prebuilt >"$2/staging-20261122-000000000004/frontend/dist/index.html"
mkdir -p "$2/staging-20261123-000000000006"
cp -r "$1/pnpm" "$2/staging-20261123-000000000006/frontend"
chmod -R u=rwX,g=rX,o= "$2"
