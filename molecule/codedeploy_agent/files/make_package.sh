#!/bin/sh
# Builds a package with the name and the unit of the CodeDeploy agent into the file $1.
set -eu
work=$(mktemp -d)
mkdir -p "$work/DEBIAN" "$work/lib/systemd/system"
cat >"$work/DEBIAN/control" <<'END'
Package: codedeploy-agent
Version: 1.8.1-25
Architecture: all
Maintainer: The Slipway authors
Description: substitute for the CodeDeploy agent
END
cat >"$work/lib/systemd/system/codedeploy-agent.service" <<'END'
[Service]
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
END
chmod 0755 "$work" "$work/DEBIAN"
dpkg-deb --build --root-owner-group "$work" "$1"
rm -r "$work"
