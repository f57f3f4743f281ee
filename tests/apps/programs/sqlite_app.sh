# SPDX-License-Identifier: MIT
# Debian's sqlite3: its locks, its journals and shared memory, with several writers at a time.
# Prints `ok NAME` for each part and `done`.
set -e
cd "$(mktemp -d)"
expect() {
	[ "$1" = "$2" ] || {
		echo "got '$1', not '$2'"
		exit 1
	}
}
writer() {
	for i in 1 2 3 4 5 6 7 8 9 10; do
		sqlite3 -cmd '.timeout 60000' "$1" "insert into t(b) values ('$2 $i')" ||
			echo failed
	done
}

for journal in delete wal truncate memory; do
	db=$journal.db
	expect "$(sqlite3 "$db" "pragma journal_mode = $journal")" "$journal"
	sqlite3 "$db" "create table t(a integer primary key, b text); create index i on t(b);
		with recursive c(x) as (select 1 union all select x + 1 from c where x < 2000)
		insert into t select x, hex(randomblob(20)) from c;"
	expect "$(sqlite3 "$db" 'select count(*), max(a) from t; pragma integrity_check' |
		paste -sd, -)" '2000|2000,ok'
	for n in 1 2 3 4; do
		writer "$db" "$n" &
	done
	wait
	expect "$(sqlite3 "$db" 'select count(*) from t; pragma integrity_check' | paste -sd, -)" \
		2040,ok
	sqlite3 "$db" "begin; delete from t; rollback; update t set b = 'x' where a % 2 = 0; vacuum"
	expect "$(sqlite3 "$db" "select count(*) from t where b = 'x'")" 1020
	echo "ok $journal"
done
sqlite3 delete.db .dump | sqlite3 copy.db
expect "$(sqlite3 copy.db 'select count(*) from t')" 2040
echo "ok dump"
echo done
