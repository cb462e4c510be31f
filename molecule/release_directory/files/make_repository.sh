#!/bin/sh
# Makes the repository that git_server.py serves, and its certificate. Starts it, and the server of the archives.
set -eu
home=/srv/git
export HOME=/root GIT_AUTHOR_NAME=m GIT_AUTHOR_EMAIL=m@example.org GIT_COMMITTER_NAME=m GIT_COMMITTER_EMAIL=m@example.org
mkdir -p "$home/repositories/public"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
  -keyout "$home/key.pem" -out "$home/cert.pem" 2>/dev/null
chmod 0600 "$home/key.pem"
: >"$home/token"
work=$(mktemp -d)
cd "$work"
git init -q -b main .
mkdir -p server/app server/uploads frontend
echo 'print("one")' >server/app/main.py
echo '#!/bin/sh' >server/run.sh
chmod +x server/run.sh
touch server/uploads/.gitkeep
echo '{}' >frontend/package.json
ln -s ../server/app/main.py frontend/main.py
git add . && git commit -qm one && git tag staging-20261101
echo 'print("two")' >server/app/main.py
git commit -qam two && git tag -am two staging-20261108
# A branch of a tag's name, at another commit.
git branch staging-20261101
echo 'x' >server/uploads/a.png
git add . && git commit -qm uploads && git tag staging-20261115
git clone -q --bare "$work" "$home/repositories/public/site.git"
rm -r "$work"
systemctl start git-server
systemd-run --collect --unit=archives python3 -m http.server --bind 127.0.0.1 --directory /srv/archives 8080
touch "$home/made"
