#!/bin/sh
# Makes the database and its owner, whose password is the first line of the file $1.
set -eu
systemctl start postgresql
cd /
password=$(head -n 1 "$1")
runuser -u postgres -- psql -q -v ON_ERROR_STOP=1 -v password="$password" <<'SQL'
CREATE ROLE members LOGIN PASSWORD :'password';
CREATE DATABASE saliteone OWNER members;
SQL
touch /srv/made
