# SPDX-License-Identifier: MIT
# What a shell does with a kernel, in 200 lines, as far as brush can do it: pipelines, redirections,
# $(), subshells, background jobs, traps, here-documents, globs, files. Every line that it prints is
# the same on any Linux.
cd "$(mktemp -d)" || exit 1
section() {
	echo "-- $1"
}
count() {
	wc -l | tr -d ' '
}

section pipelines
echo one two three | tr ' ' '\n' | sort | tail -n 1
seq 1 1000 | sed -n '500,502p'
seq 1 20000 | md5sum | cut -c1-8
yes keel | head -n 1000 | count
seq 10 | while read -r n; do
	[ $((n % 3)) = 0 ] && echo "three divides $n"
done
true | false
echo "status $?"
false | true
echo "status $?"
set -o pipefail
false | true
echo "pipefail $?"
set +o pipefail
seq 5 | tac | paste -sd, -
printf 'b 2\na 1\nc 3\n' | sort | cut -d' ' -f2 | paste -sd+ -
cat /dev/null | count
seq 100000 | head -n 1

section redirections
echo first >file
echo second >>file
cat <file
ls nothing 2>/dev/null || echo "no such file"
{
	echo out
	echo err >&2
} >both 2>&1
sort both
exec 7>seven
echo to seven >&7
exec 7>&-
cat seven
exec 8<file
read -r line <&8
echo "read: $line"
read -r line <&8
echo "read: $line"
exec 8<&-
echo swap >a
mv a b
cat b
: >empty
[ -s empty ] || echo empty
[ -s file ] && echo "not empty"
tee copy1 copy2 <file >/dev/null
cmp copy1 copy2 && echo equal

section substitution
echo "sum: $(expr 40 + 2)"
now=$(echo nested $(echo $(echo deep)))
echo "$now"
lines=$(seq 3)
echo "$lines"
echo "${#lines} characters"
echo $((1 << 10)) $((7 * 6)) $((17 % 5)) $((-7 / 2))
path=/usr/share/keel.tar.gz
echo "${path##*/} ${path%/*} ${path%%.*} ${path#/usr}"
echo "${unset:-default} ${path:+set} ${path/keel/kernel}"
status=$(exit 3)
echo "status of \$(): $?"
big=$(seq 1 5000)
echo "${#big}"

section heredocs
name=Keel
cat <<EOF
Hello, $name: $((6 * 7)) $(echo inside)
EOF
cat <<'EOF'
Not expanded: $name $(echo inside)
EOF
tr a-z A-Z <<<"here string"
while read -r a b; do
	echo "$b $a"
done <<EOF
1 one
2 two
EOF

section processes
(exit 7)
echo "subshell $?"
value=outer
(
	value=inner
	echo "$value"
)
echo "$value"
sh -c 'exit 42'
echo "child $?"
sh -c 'kill -TERM $$'
echo "killed $?"
/nonexistent/program 2>/dev/null
echo "not found $?"
sleep 0.1 &
wait
echo "waited $?"
(
	sleep 0.05
	echo "from the background"
) &
wait
echo "in the foreground"
for i in 1 2 3 4 5; do
	(echo "$i" >"part.$i") &
done
wait
cat part.1 part.2 part.3 part.4 part.5 | paste -sd' ' -
sh -c 'sleep 100 & kill $!; wait $!; echo "terminated $?"'
sh -c 'trap "echo hit" USR1; kill -USR1 $$; echo "went on"'
env -i VALUE=passed /bin/sh -c 'echo "$VALUE"'
VALUE=once sh -c 'echo "$VALUE"'
echo "${VALUE:-gone}"
export EXPORTED=yes
sh -c 'echo "exported $EXPORTED"'

section traps
trap 'echo "a command failed"' ERR
false
true
trap - ERR
false
sh -c 'trap "echo child caught TERM; exit 5" TERM; kill -TERM $$; sleep 1'
echo "status $?"
sh -c 'trap "" USR2; kill -USR2 $$; echo "ignored USR2"'
trap 'echo "exit trap"' EXIT

section control
for f in part.*; do
	case $f in
	*.1 | *.2) echo "$f low" ;;
	*) echo "$f high" ;;
	esac
done
n=0
while true; do
	n=$((n + 1))
	[ "$n" = 3 ] && continue
	[ "$n" -gt 5 ] && break
	echo "loop $n"
done
until [ "$n" = 0 ]; do
	n=$((n - 1))
done
echo "n is $n"
fact() {
	if [ "$1" -le 1 ]; then
		echo 1
	else
		echo $(($1 * $(fact $(($1 - 1)))))
	fi
}
fact 10
local_test() {
	local value=local
	echo "$value $# $*"
	return 4
}
local_test a b c
echo "returned $? $value"
array=(zero one two)
array+=(three)
echo "${array[2]} ${#array[@]} ${array[*]}"
for word in "${array[@]}"; do
	printf '<%s>' "$word"
done
echo
if [[ keel == k* && 5 -gt 3 ]]; then
	echo "matches"
fi
set -- x y z
shift
echo "$1 $#"

section files
mkdir -p d/e/f
touch d/1 d/2 d/e/3
find d | sort
echo d/*
echo d/[12]
ln -s 1 d/link
readlink d/link
[ -L d/link ] && [ -d d/e ] && [ ! -e d/none ] && echo "kinds"
chmod 640 d/1
stat -c '%a %s %F' d/1
mkfifo pipe
cat pipe &
echo "through the fifo" >pipe
wait
cp -r d copy
rm -rf d
ls copy | count
(cd copy/e && pwd | sed 's|.*/copy|copy|')
umask 027
touch private
stat -c %a private
dd if=/dev/zero of=zeros bs=1k count=64 2>/dev/null
stat -c %s zeros
cd / || exit 1
pwd
echo end
