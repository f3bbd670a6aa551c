#!/bin/sh
# Makes the tables of Temporal's two databases, or brings them to the version of the tool, which has them inside.
# Wants SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD. Doing it again changes nothing.
set -eu
export SQL_PLUGIN=${SQL_PLUGIN:-postgres12}
for each in temporal:postgresql/v12/temporal temporal_visibility:postgresql/v12/visibility; do
    export SQL_DATABASE="${each%%:*}"
    update() { temporal-sql-tool update-schema --schema-name "${each#*:}"; }
    # A database without any table has no version to begin from.
    update || { temporal-sql-tool setup-schema --version 0.0 && update; }
done
