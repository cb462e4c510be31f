#!/bin/sh
# Makes the repository that the control machine builds from, and a certificate for the host's address. Starts the Git
# server, and the proxy by which the control machine reaches it.
# usage: make_repository.sh FRONT-END ADDRESS
set -eu
home=/srv/git
export HOME=/root GIT_AUTHOR_NAME=m GIT_AUTHOR_EMAIL=m@example.org GIT_COMMITTER_NAME=m GIT_COMMITTER_EMAIL=m@example.org
mkdir -p "$home/repositories/public"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext "subjectAltName=IP:127.0.0.1,IP:$2" \
  -keyout "$home/key.pem" -out "$home/cert.pem" 2>/dev/null
chmod 0600 "$home/key.pem"
: >"$home/token"
work=$(mktemp -d)
cp -r "$1" "$work/frontend"
cd "$work"
git init -q -b main .
git add . && git commit -qm one && git tag staging-20261115
git clone -q --bare "$work" "$home/repositories/public/site.git"
rm -r "$work"
systemctl start git-server
systemd-run --unit=git-proxy --socket-property=ListenStream="$2:8444" /lib/systemd/systemd-socket-proxyd 127.0.0.1:8443
touch "$home/made"
