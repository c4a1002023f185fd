# In the manner of tutum/mysql: the first start makes the data directory, and every start the user `app` where it is missing.
set -eu
data=/var/lib/mysql
mkdir -p /run/mysqld
chown mysql:mysql /run/mysqld "$data"
# A first start that was killed leaves half a directory.
if [ ! -e "$data/made-whole" ]; then
  find "$data" -mindepth 1 -delete
  mariadb-install-db --user=mysql --datadir="$data" --skip-test-db --auth-root-authentication-method=normal >/dev/null
  touch "$data/made-whole"
fi
printf "%s;\n" "CREATE DATABASE IF NOT EXISTS app" \
  "CREATE USER IF NOT EXISTS 'app'@'%' IDENTIFIED BY '$MYSQL_PASSWORD'" "GRANT ALL ON app.* TO 'app'@'%'" >/tmp/users.sql
exec mariadbd --no-defaults --user=mysql --datadir="$data" --socket=/run/mysqld/mysqld.sock --bind-address=0.0.0.0 --port=3306 \
  --skip-name-resolve --init-file=/tmp/users.sql
