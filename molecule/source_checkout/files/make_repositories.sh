#!/bin/sh
# Makes what git_server.py serves: a private repository, a public one, a certificate, and the token. Starts the server,
# and what looks for the token in processes.
set -eu
home=/srv/git
export HOME=/root GIT_AUTHOR_NAME=m GIT_AUTHOR_EMAIL=m@example.org GIT_COMMITTER_NAME=m GIT_COMMITTER_EMAIL=m@example.org
mkdir -p "$home/repositories/public"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1,DNS:localhost \
  -keyout "$home/key.pem" -out "$home/cert.pem" 2>/dev/null
chmod 0600 "$home/key.pem"
work=$(mktemp -d)
cd "$work"
git init -q -b main .
mkdir -p umigoCrmBackend/src/main/resources/db/migration
echo 'one' >umigoCrmBackend/pom.xml
git add . && git commit -qm one && git tag backend-v0.1.0
echo 'two' >umigoCrmBackend/pom.xml
git commit -qam two && git tag -am two backend-v0.2.0
git checkout -q -b feature/42-search
echo 'three' >umigoCrmBackend/pom.xml
git commit -qam three
git checkout -q -b both main && git tag both backend-v0.1.0
git clone -q --bare "$work" "$home/repositories/umigo.git"
git clone -q --bare "$work" "$home/repositories/public/umigo.git"
rm -r "$work"
printf 'ghp_canarymoleculecanary0123456789\n' >"$home/token.good"
printf 'ghp_canarymoleculecanary0123456789\n' >"$home/token"
cp "$home/token.good" /srv/canary
systemctl start git-server watch-processes
