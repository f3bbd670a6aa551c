#!/bin/sh
# Run once by the image of PostgreSQL, on an empty volume: who owns what.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" \
    --set temporal="$(cat /run/secrets/POSTGRES_PWD)" --set permanence="$(cat /run/secrets/PGPASSWORD)" <<'SQL'
CREATE ROLE temporal LOGIN PASSWORD :'temporal';
CREATE ROLE permanence LOGIN PASSWORD :'permanence';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
CREATE DATABASE permanence OWNER permanence;
SQL
