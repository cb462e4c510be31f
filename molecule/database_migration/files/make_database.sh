#!/bin/sh
# Makes the database and its owner, whose password is the first line of the file $1. Starts what looks for it in processes.
set -eu
systemctl start postgresql
cd /
password=$(head -n 1 "$1")
runuser -u postgres -- psql -q -v ON_ERROR_STOP=1 -v password="$password" <<'SQL'
CREATE ROLE umigo LOGIN PASSWORD :'password';
CREATE DATABASE umigo OWNER umigo;
SQL
systemctl start watch-processes
touch /srv/made
