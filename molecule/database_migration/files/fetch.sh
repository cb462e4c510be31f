#!/bin/sh
# Fetches what the scenario needs into a directory of this machine: Flyway's command line and a Maven wrapper.
# usage: fetch.sh VERSION DIRECTORY
set -eu
mkdir -p "$2"
cd "$2"
if [ ! -e flyway.tar.gz ]; then
  mvn -B -q dependency:copy "-Dartifact=org.flywaydb:flyway-commandline:$1:tar.gz" -DoutputDirectory=. </dev/null
  # The other databases' drivers are nine tenths of it.
  tar -xzf "flyway-commandline-$1.tar.gz" --wildcards '*/flyway' '*/lib/*' '*/drivers/postgresql-*'
  tar -czf flyway.new "flyway-$1"
  rm -r "flyway-$1" "flyway-commandline-$1.tar.gz"
  mv flyway.new flyway.tar.gz
fi
if [ ! -e mvnw ]; then
  mvn -B -q wrapper:wrapper -Dtype=only-script </dev/null
fi
