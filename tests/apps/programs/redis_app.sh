# SPDX-License-Identifier: MIT
# Debian's redis over a UNIX socket: a server that daemonizes, saves from a forked child and appends
# to a log, and clients. Prints `ok NAME` for each part and `done`.
set -e
cd "$(mktemp -d)"
cat >redis.conf <<EOF
port 0
unixsocket $PWD/socket
daemonize yes
pidfile $PWD/pid
logfile $PWD/log
dir $PWD
appendonly yes
EOF
cli() {
	redis-cli -s socket "$@"
}
expect() {
	[ "$1" = "$2" ] || {
		echo "got '$1', not '$2'"
		cat log
		exit 1
	}
}

redis-server redis.conf
tries=0
until [ "$(cli ping 2>/dev/null)" = PONG ]; do
	tries=$((tries + 1))
	[ $tries -lt 100 ] || expect "no answer" PONG
	sleep 0.1
done
echo "ok start"
cli set name keel >/dev/null
expect "$(cli get name)" keel
seq 1 500 | sed 's/.*/rpush list &/' | cli >/dev/null
expect "$(cli llen list)" 500
expect "$(cli lrange list 498 499 | paste -sd, -)" 499,500
echo "ok commands"
redis-benchmark -s socket -q -n 2000 -c 20 -t set,get,lpush,mset >/dev/null
expect "$(cli dbsize)" 4
echo "ok clients"
cli bgsave >/dev/null
while [ "$(cli info persistence | grep -c rdb_bgsave_in_progress:1)" = 1 ]; do
	sleep 0.1
done
expect "$(cli info persistence | tr -d '\r' | grep rdb_last_bgsave_status)" \
	rdb_last_bgsave_status:ok
cli bgrewriteaof >/dev/null
while [ "$(cli info persistence | grep -c 'aof_rewrite_in_progress:1')" = 1 ]; do
	sleep 0.1
done
echo "ok save"
redis-cli -s socket subscribe news >heard &
sleep 0.3
expect "$(cli publish news hello)" 1
sleep 0.3
kill $!
wait $! || true
expect "$(tail -n 1 heard)" hello
echo "ok publish"
cli shutdown
while [ -e pid ]; do
	sleep 0.1
done
redis-server redis.conf
until [ "$(cli get name 2>/dev/null)" = keel ]; do
	tries=$((tries + 1))
	[ $tries -lt 200 ] || expect "no data" keel
	sleep 0.1
done
cli shutdown nosave
echo "ok restart"
echo done
