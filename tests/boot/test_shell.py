# SPDX-License-Identifier: MIT
"""Debian's BusyBox as a person uses it: a session on the serial line."""
import re
import time


def test_echo(sh):
    assert sh.output("echo hello world") == "hello world"


def test_status(sh):
    assert sh.run("true")[1] == 0
    assert sh.run("false")[1] == 1
    assert sh.run("sh -c 'exit 42'")[1] == 42
    assert sh.run("/nonexistent")[1] == 127
    assert sh.run("/etc/passwd")[1] == 126


def test_pipes(sh):
    assert sh.output("echo one two three | tr ' ' '\\n' | sort | tail -n 1") == "two"
    assert sh.output("yes | head -n 1000 | wc -l") == "1000"
    assert sh.output("seq 1 20000 | md5sum | cut -c1-8") == "e071f707"
    assert sh.output("false | true; echo $?") == "0"


def test_redirections(sh):
    assert sh.output("echo a >/tmp/r; echo b >>/tmp/r; cat </tmp/r | tr '\\n' .; echo") == "a.b."
    assert sh.output("ls /nonexistent >/tmp/r 2>&1; wc -l </tmp/r") == "1"
    assert sh.output("exec 7>/tmp/r; echo seven >&7; exec 7>&-; cat /tmp/r; rm /tmp/r") == "seven"


def test_substitution(sh):
    assert sh.output("echo $(echo in $(echo ner))") == "in ner"
    assert sh.output("echo `expr 6 \\* 7` $((1 << 40))") == "42 1099511627776"
    assert sh.output("x=$(seq 1 9999 | wc -c); echo $x") == "48888"


def test_burst(sh):
    """Far more than the port's FIFO and ring hold comes out whole."""
    lines = sh.output("seq 1 9000", 120).split()
    assert lines == [str(i) for i in range(1, 9001)]


def test_here_document(sh):
    sh.send("cat >/tmp/h <<END\nfirst $((1 + 1))\nsecond\nEND")
    assert sh.output("cat /tmp/h; rm /tmp/h") == "first 2\nsecond"


def test_loop_and_functions(sh):
    assert sh.output("f() { echo \"<$1>\"; }; for i in a b c; do f $i; done | tr -d '\\n'; echo") \
        == "<a><b><c>"
    assert sh.output("i=0; while [ $i -lt 200 ]; do i=$((i + 1)); done; echo $i") == "200"


def test_many_processes(sh):
    assert sh.output("for i in $(seq 1 100); do /bin/true; done; echo done", 120) == "done"


def test_background_and_wait(sh):
    assert sh.output("(sleep 1; exit 3) & wait $!; echo $?").endswith("3")
    assert sh.output("for i in 1 2 3 4; do sleep 0.2 & done; wait; echo all").endswith("all")


def test_interrupt(sh):
    """^C ends the foreground job, and the shell goes on."""
    sh.begin("sleep 1000")
    sh.control("c")
    sh.wait_prompt()
    assert sh.output("echo alive") == "alive"


def test_quit(sh):
    """^\\ ends a program that ignores ^C."""
    sh.begin("sh -c 'trap \"\" INT; exec sleep 1000'")
    sh.control("c")
    time.sleep(0.2)
    sh.control("\\")
    sh.wait_prompt()
    assert sh.output("echo alive") == "alive"


def test_job_control(sh):
    """^Z stops, jobs lists, bg goes on in the background, fg brings back, kill ends."""
    sh.begin("sleep 500")
    sh.control("z")
    sh.expect("Stopped")
    sh.wait_prompt()
    assert re.search(r"Stopped +sleep 500", sh.output("jobs"))
    sh.output("bg")
    assert "Stopped" not in sh.output("jobs")
    sh.begin("fg")
    sh.control("c")
    sh.wait_prompt()
    assert "sleep" not in sh.output("jobs")


def test_background_read_stops(sh):
    """A background job that reads the terminal is stopped by SIGTTIN."""
    sh.send("cat &")
    sh.wait_prompt()
    assert sh.output("sleep 0.5; jobs").count("Stopped") >= 1
    sh.output("kill -KILL %1; wait; true")


def test_trap(sh):
    assert sh.output("sh -c 'trap \"echo caught\" TERM; kill -TERM $$; echo after'") \
        == "caught\nafter"
    assert sh.output("sh -c 'trap \"echo bye\" EXIT; exit 0'") == "bye"
    assert sh.run("sh -c 'kill -SEGV $$'")[1] == 128 + 11


def test_line_editing(sh):
    """The terminal's canonical mode: erase, kill and end of file."""
    sh.begin("cat")
    sh.child.send("hellp\x7fo\n")
    sh.expect("hello\r\n")
    sh.child.send("gone\x15kept\n")
    sh.expect("kept\r\n")
    sh.child.send("\x04")
    sh.wait_prompt()


def test_stty(sh):
    sh.output("stty -a | grep -q isig")
    sh.output("old=$(stty -g); stty raw; stty $old; stty -a | grep -q icanon")


def test_files(sh):
    sh.output("mkdir -p /tmp/d/e && cd /tmp/d")
    sh.output("echo data >f && ln f g && ln -s f s && mv g e/ && cp e/g h")
    assert sh.output("cat s e/g h | uniq -c | tr -s ' '") == " 3 data"
    assert sh.output("stat -c '%h %s %F' f") == "2 5 regular file"
    assert sh.output("find . -type f | sort | tr '\\n' ' '").strip() == "./e/g ./f ./h"
    assert sh.output("chmod 600 f && stat -c %a f") == "600"
    assert sh.output("touch -d '2020-01-01 00:00:00' f && stat -c %Y f") == "1577836800"
    assert sh.run("rmdir e")[1] != 0
    sh.output("cd / && rm -r /tmp/d && [ ! -e /tmp/d ]")


def test_tar(sh):
    sh.output("mkdir /tmp/t && cd /tmp/t && seq 1 5000 >a && mkdir b && echo x >b/c")
    sh.output("tar czf ../t.tgz . && mkdir ../u && tar xzf ../t.tgz -C ../u && cmp a ../u/a")
    assert sh.output("cat ../u/b/c") == "x"
    sh.output("cd / && rm -r /tmp/t /tmp/u /tmp/t.tgz")


def test_ps(sh):
    text = sh.output("ps")
    assert re.search(r"^ *1 +\S+ .*init", text, re.M)
    assert re.search(r"^ *\d+ +\S+ .*\bps\b", text, re.M)


def test_top(sh):
    assert re.search(r"PID +PPID +USER", sh.output("top -b -n 1"))


def test_mount(sh):
    assert re.search(r"^proc on /proc type proc", sh.output("mount"), re.M)
    sh.output("mkdir /tmp/m && mount -t tmpfs x /tmp/m && echo in >/tmp/m/f && umount /tmp/m")
    sh.output("[ ! -e /tmp/m/f ] && rmdir /tmp/m")


def test_vi(sh):
    """Full-screen editing: insert, write, quit."""
    sh.begin("vi /tmp/v")
    sh.expect("1/1 100%")
    sh.child.send("i")
    sh.expect("I /tmp/v")
    sh.child.send("hello vi")
    sh.expect("hello vi")
    sh.child.send("\x1b")
    sh.expect("- /tmp/v")
    sh.child.send(":wq\r")
    sh.wait_prompt()
    assert sh.output("cat /tmp/v; rm /tmp/v") == "hello vi"


def test_wget_help(sh):
    text, _ = sh.run("wget --help 2>&1")
    assert "Usage: wget" in text


def test_dmesg(sh):
    assert len(sh.output("dmesg | head -n 100 | wc -l")) > 0
    sh.output("dmesg | grep -q -i -e cpu -e memory")


def test_proc(sh):
    assert sh.output("cat /proc/self/comm") == "cat"
    assert sh.output("grep -c ^processor /proc/cpuinfo") == "2"
    assert int(sh.output("awk '/^MemTotal/ {print $2}' /proc/meminfo")) > 100000
    assert re.match(r"\d+\.\d\d \d+\.\d\d$", sh.output("cat /proc/uptime"))


def test_uname(sh):
    system, release = sh.output("uname -sr").split()
    assert system == "Linux" and int(release.split(".")[0]) >= 6


def test_sleep_takes_its_time(sh):
    seconds = float(sh.output("a=$(cut -d' ' -f1 /proc/uptime); sleep 1; "
                              "b=$(cut -d' ' -f1 /proc/uptime); echo \"$b $a\" | "
                              "awk '{print $1 - $2}'"))
    assert 0.9 < seconds < 5


def test_crashing_program(sh):
    """A program that faults gets its signal; the shell says so and goes on."""
    assert sh.run("sh -c 'kill -SEGV $$'")[1] == 139
    assert sh.output("echo alive") == "alive"
