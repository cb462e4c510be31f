#!/bin/sh
# Makes two front ends, of which the second is live, and a certificate. Starts the backend.
set -eu
www=/var/www/salitemihret
mkdir -p $www/releases/one/assets $www/releases/two/assets $www/assets /etc/ssl/private
cd $www
for file in releases/one/index.html releases/two/index.html releases/two/favicon.ico releases/two/.slipway-complete \
  releases/two/assets/two-BqH2x1sT.js releases/two/assets/same.js \
  assets/one-BqH2x1sT.js assets/two-BqH2x1sT.js assets/same.js; do
  echo $file >$file
done
ln -s releases/two current
cd /etc/ssl/private
umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=site.example.org \
  -keyout site.key -out site.pem 2>/dev/null
systemd-run --collect --unit=backend /usr/local/sbin/backend.py
